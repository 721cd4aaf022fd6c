package io.henge.cli.transfer;

import io.henge.api.key.Key;
import io.henge.cli.output.ProgressLine;
import io.henge.client.DocumentCollection;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.value.JsonObject;
import java.io.BufferedWriter;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a collection of documents, or some of it, to a file. The file is there whole or not at
 * all: it gets its name when it is complete.
 */
public final class FileExport {
  /**
   * What to write, and how.
   *
   * @param key of which sharding key; null = all
   * @param columns of CSV; empty = JSON Lines
   * @param parallel from how many places of the ring at once
   */
  public record Options(
      FindOptions find, @Nullable Key key, List<String> columns, char delimiter, int parallel) {}

  private final HengeClient client;
  private final String collection;
  private final Options options;
  private final ProgressLine progress;
  private double done;

  public FileExport(HengeClient client, String collection, Options options, ProgressLine progress) {
    this.client = client;
    this.collection = collection;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Writes a file, in the place of one that is there.
   *
   * @return how many documents
   */
  public long file(Path file) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
    try {
      long documents;
      try (OutputStream out = Files.newOutputStream(unfinished)) {
        documents = stream(out);
      }
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return documents;
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /**
   * Writes to a stream, which stays open.
   *
   * @return how many documents
   */
  public long stream(OutputStream out) throws IOException {
    DocumentCollection<JsonObject> documents = client.documents(collection);
    Key key = options.key();
    if (key != null) {
      return write(documents.find(key, options.find(), ReadOptions.LINEARIZABLE), out);
    }
    FindAllOptions ring =
        FindAllOptions.DEFAULT.parallel(options.parallel()).progress(share -> done = share);
    try (FindAll<JsonObject> all = documents.findAll(options.find(), ring)) {
      return write(all, out);
    }
  }

  private long write(Iterator<Stored<JsonObject>> documents, OutputStream out) throws IOException {
    long count = 0;
    try (DocumentWriter writer = writer(out)) {
      while (documents.hasNext()) {
        writer.write(documents.next().document());
        count++;
        long written = count;
        progress.update(options.key() == null ? done : -1, () -> facts(written));
      }
    }
    return count;
  }

  private DocumentWriter writer(OutputStream out) {
    Writer text =
        new BufferedWriter(
            new OutputStreamWriter(new KeptOpen(out), StandardCharsets.UTF_8), 64 << 10);
    return options.columns().isEmpty()
        ? new JsonLineWriter(text)
        : new CsvDocumentWriter(text, options.delimiter(), options.columns());
  }

  private String facts(long documents) {
    return ProgressLine.number(documents)
        + " documents, "
        + ProgressLine.number((long) (documents / progress.seconds()))
        + "/s";
  }

  /** Whoever opened it closes it. */
  private static final class KeptOpen extends FilterOutputStream {
    KeptOpen(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
    }

    @Override
    public void close() throws IOException {
      out.flush();
    }
  }
}
