package io.henge.cli.transfer;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.output.ProgressLine;
import io.henge.cli.transfer.RawRecord.Position;
import io.henge.client.Admin;
import io.henge.client.AsyncDocumentCollection;
import io.henge.client.CollectionOptions.Documents;
import io.henge.client.DocumentOptions;
import io.henge.client.HengeClient;
import io.henge.document.DocumentLimits;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.value.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Imports a file into a collection of documents. It notes how far it is as it goes: ended by force
 * and started again, it goes on behind the last record before which everything was acknowledged.
 */
public final class FileImport {
  private static final long CHECKPOINT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final HengeClient client;
  private final String collection;
  private final ImportOptions options;
  private final ProgressLine progress;

  /**
   * An import into a collection.
   *
   * @param progress shows how far it is
   */
  public FileImport(
      HengeClient client, String collection, ImportOptions options, ProgressLine progress) {
    this.client = client;
    this.collection = collection;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Imports a file.
   *
   * @param restart begin anew even if there is a checkpoint
   * @throws HengeException INVALID_ARGUMENT if the checkpoint is of another import
   */
  public ImportResult file(Path file, boolean restart) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return run(in, file, restart);
    }
  }

  /** Imports a stream from its beginning, or with a checkpoint from there. */
  public ImportResult stream(InputStream in, boolean restart) throws IOException {
    return run(in, null, restart);
  }

  private ImportResult run(InputStream in, @Nullable Path file, boolean restart)
      throws IOException {
    DocumentLayout layout = layout();
    Checkpoint begun = restart ? fresh() : checkpoint(file);
    int recordBytesMax = DocumentLimits.DEFAULT.textBytesMax();
    CsvOptions csv = options.csv();
    RecordSplitter records =
        new RecordSplitter(in, csv == null ? null : csv.quoting(), recordBytesMax);
    RecordParser parser = csv == null ? new JsonLineParser() : csvParser(csv, records);
    if (begun.position().offset() > records.position().offset()) {
      skip(records, begun.position());
    }
    try (RejectFile rejects = new RejectFile(options.rejects(), begun.rejectBytes())) {
      Notes notes = new Notes(file, begun, rejects);
      notes.write(records.position());
      ImportResult result =
          new Importer(records, parser, layout, sink(), notes, options, recordBytesMax).run();
      notes.end(result.failure() == null);
      return result;
    }
  }

  private static void skip(RecordSplitter records, Position to) throws IOException {
    try {
      records.skipTo(to);
    } catch (EOFException e) {
      throw HengeException.invalid(
          "checkpoint: it is of a longer input, at byte "
              + to.offset()
              + "; --restart begins anew");
    }
  }

  private static RecordParser csvParser(CsvOptions csv, RecordSplitter records) throws IOException {
    if (!csv.columns().isEmpty()) {
      return new CsvRecordParser(csv, csv.columns());
    }
    RawRecord header = records.next();
    if (header == null || header.tooLong()) {
      throw HengeException.invalid(
          "CSV: a first line with the names of the columns expected, found "
              + (header == null ? "nothing" : "one that is too long")
              + "; --columns names them");
    }
    return new CsvRecordParser(csv, CsvRecordParser.names(csv, header.bytes()));
  }

  private DocumentLayout layout() {
    for (Admin.CollectionInfo info : client.admin().collections()) {
      if (info.name().equals(collection)) {
        Documents keys = info.documents();
        if (keys == null) {
          throw HengeException.invalid(
              "collection " + collection + " holds items, one of documents expected");
        }
        return DocumentLayout.of(keys.shardBy(), keys.id(), keys.expireAt());
      }
    }
    throw new HengeException(
        ErrorCode.NOT_FOUND,
        "there is no collection "
            + collection
            + "; --shard-by and --id create it, as does the shell: create collection "
            + collection
            + " documents shard by PATH id PATH");
  }

  // ---- Where to begin ----

  private Checkpoint fresh() {
    return Checkpoint.begin(options.fingerprint(collection));
  }

  private Checkpoint checkpoint(@Nullable Path file) throws IOException {
    Path path = options.checkpoint();
    Optional<Checkpoint> found = path == null ? Optional.empty() : Checkpoint.read(path);
    if (found.isEmpty()) {
      return fresh();
    }
    Checkpoint checkpoint = found.get();
    if (!checkpoint.options().equals(options.fingerprint(collection))) {
      throw HengeException.invalid(
          path
              + " is of an import with other options; give the same, or --restart to begin anew."
              + " Then: "
              + checkpoint.options()
              + "; now: "
              + options.fingerprint(collection));
    }
    long offset = checkpoint.position().offset();
    if (file != null
        && (Files.size(file) < offset
            || Checkpoint.checksum(file, offset) != checkpoint.checksum())) {
      throw HengeException.invalid(
          path + " is of another file than " + file + " is now; --restart begins anew");
    }
    return checkpoint;
  }

  private Importer.Sink sink() {
    AsyncDocumentCollection<JsonObject> documents = client.documents(collection).async();
    DocumentOptions plain = DocumentOptions.DEFAULT;
    return switch (options.mode()) {
      case INSERT -> document -> documents.insert(document, plain);
      case UPSERT -> document -> documents.upsert(document, plain);
      case REPLACE -> document -> documents.replace(document, plain);
    };
  }

  /** Takes note of how far it is: in the checkpoint, in the file of rejects, and for people. */
  private final class Notes implements Importer.Listener {
    private final @Nullable Path file;
    private final Checkpoint begun;
    private final RejectFile rejects;
    private final long size;
    private Checkpoint last;
    private long writtenAt;

    Notes(@Nullable Path file, Checkpoint begun, RejectFile rejects) throws IOException {
      this.file = file;
      this.begun = begun;
      this.rejects = rejects;
      this.last = begun;
      this.size = file == null ? -1 : Files.size(file);
    }

    @Override
    public void advanced(Position position, long documents, List<Reject> more) throws IOException {
      for (Reject reject : more) {
        rejects.add(reject);
      }
      last =
          new Checkpoint(
              begun.options(),
              position,
              0,
              begun.documents() + documents,
              last.rejected() + more.size(),
              rejects.length());
      if (System.nanoTime() - writtenAt > CHECKPOINT_NANOS) {
        write(position);
      }
      progress.update(size > 0 ? (double) position.offset() / size : -1, () -> facts(documents));
    }

    private String facts(long documents) {
      return String.format(
          "%s documents, %s/s, %s rejected",
          ProgressLine.number(begun.documents() + documents),
          ProgressLine.number((long) (documents / progress.seconds())),
          ProgressLine.number(last.rejected()));
    }

    void write(Position position) throws IOException {
      writtenAt = System.nanoTime();
      if (options.checkpoint() != null) {
        // What the checkpoint counts must be there before it.
        rejects.sync();
        long checksum = file == null ? 0 : Checkpoint.checksum(file, position.offset());
        new Checkpoint(
                last.options(),
                position,
                checksum,
                last.documents(),
                last.rejected(),
                last.rejectBytes())
            .write(options.checkpoint());
      }
    }

    void end(boolean complete) throws IOException {
      if (!complete) {
        write(last.position());
      } else if (options.checkpoint() != null) {
        Files.deleteIfExists(options.checkpoint());
      }
    }
  }
}
