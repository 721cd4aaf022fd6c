package io.henge.cli;

import io.henge.api.error.HengeException;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.ProgressLine;
import io.henge.cli.shell.Durations;
import io.henge.cli.transfer.FileImport;
import io.henge.cli.transfer.ImportOptions;
import io.henge.cli.transfer.ImportResult;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "import",
    description = {
      "Write a file of documents into a collection: JSON Lines (an object a line) or CSV.",
      "Ended by force and started again, it goes on where it was. What does not fit goes to a file",
      "of rejects, with line and reason; then the exit code is 1."
    },
    footer = {
      "",
      "Examples:",
      "  henge import orders orders.jsonl --shard-by user_id --id order_id",
      "  henge import airports airports.csv --types latitude:number,longitude:number",
      "  henge import routes routes.dat --columns airline,from,to --null '\\N' --line-as line",
      "  zcat orders.jsonl.gz | henge import orders -",
      "docs/guides/import.md explains it all."
    })
final class ImportCommand implements Callable<Integer> {
  private final Console console;
  private final Backend backend;

  @Mixin private final DataOptions data = new DataOptions();
  @Mixin private final OutputOption output = new OutputOption();
  @Mixin private final CsvOption csv = new CsvOption();
  @Mixin private final CsvOption.Reading reading = new CsvOption.Reading();

  @Parameters(index = "0", paramLabel = "COLLECTION", description = "Where documents go.")
  private String collection = "";

  @Parameters(index = "1", paramLabel = "FILE", description = "The file; - = standard input.")
  private String file = "";

  @Option(
      names = "--shard-by",
      paramLabel = "PATHS",
      split = ",",
      description = "Create the collection if it is not there, sharded by these paths.")
  private List<String> shardBy = new ArrayList<>();

  @Option(
      names = "--id",
      paramLabel = "PATHS",
      split = ",",
      description = "With --shard-by: the paths of the id (default: those of --shard-by).")
  private List<String> id = new ArrayList<>();

  @Option(
      names = "--line-as",
      paramLabel = "FIELD",
      description = "Give each document the number of its line, as this member.")
  private String lineAs = "";

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "upsert",
      description = {
        "insert: only new ones; upsert: in any case, so that it can be repeated; replace: only",
        "those that are there (default: upsert)."
      })
  private ImportOptions.Mode mode = ImportOptions.Mode.UPSERT;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "1024",
      description = "Most writes that wait for an answer (default: 1024).")
  private int parallel = 1_024;

  @Option(
      names = "--retry-for",
      paramLabel = "DURATION",
      defaultValue = "1m",
      converter = PatienceConverter.class,
      description = {
        "How long a write is tried again that the cluster cannot take now; then the import ends",
        "(default: 1m)."
      })
  private Duration retryFor = Duration.ofMinutes(1);

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description = {
        "Where to note how far it is (default: FILE.henge-import; none for standard input)."
      })
  private @Nullable Path checkpoint;

  @Option(names = "--no-checkpoint", description = "Note nowhere how far it is.")
  private boolean noCheckpoint;

  @Option(names = "--restart", description = "Begin anew, whatever the checkpoint says.")
  private boolean restart;

  @Option(
      names = "--rejects",
      paramLabel = "FILE",
      description = {
        "Where rejects go, as JSON Lines (default: FILE.rejects; COLLECTION.rejects for standard",
        "input). What is there is replaced."
      })
  private @Nullable Path rejects;

  @Option(
      names = "--reject-max",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Most rejects; with one more the import ends (default: 1000).")
  private long rejectMax = 1_000;

  ImportCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() {
    boolean fromInput = file.equals("-");
    if (!fromInput && (!Files.isReadable(Path.of(file)) || Files.isDirectory(Path.of(file)))) {
      throw HengeException.invalid("found no readable file " + file + ", expected one to import");
    }
    if (checkpoint != null && noCheckpoint) {
      throw HengeException.invalid(
          "--checkpoint and --no-checkpoint exclude one another: found both, expected one");
    }
    if (!id.isEmpty() && shardBy.isEmpty()) {
      throw HengeException.invalid("--id belongs to --shard-by: found it alone");
    }
    ImportOptions options = options(fromInput);
    return data.run(console, "henge import", backend, c -> run(c, options, fromInput));
  }

  private ImportOptions options(boolean fromInput) {
    CsvOption.Form form = csv.form(file);
    Path beside = fromInput ? null : Path.of(file + ".henge-import");
    return new ImportOptions(
        form == CsvOption.Form.JSONL ? null : reading.options(csv, form),
        mode,
        lineAs,
        parallel,
        rejectMax,
        retryFor,
        rejects != null ? rejects : Path.of((fromInput ? collection : file) + ".rejects"),
        noCheckpoint ? null : checkpoint != null ? checkpoint : beside);
  }

  private Integer run(HengeClient client, ImportOptions options, boolean fromInput)
      throws IOException {
    if (!shardBy.isEmpty()) {
      client
          .admin()
          .createCollection(
              collection,
              CollectionOptions.documentsShardedBy(shardBy.toArray(String[]::new))
                  .withId((id.isEmpty() ? shardBy : id).toArray(String[]::new))
                  .onlyIfAbsent());
    }
    ImportResult result;
    double seconds;
    try (ProgressLine progress =
        new ProgressLine(
            console.err(), console.showsProgress(), System::nanoTime, "import " + collection)) {
      FileImport importer = new FileImport(client, collection, options, progress);
      result =
          fromInput
              ? importer.stream(console.in(), restart)
              : importer.file(Path.of(file), restart);
      seconds = progress.seconds();
    }
    console.out().println(answer(result, options, seconds).show(output.format));
    HengeException failure = result.failure();
    if (failure != null) {
      console.err().println("henge import: " + failure.code() + ": " + failure.getMessage());
      if (options.checkpoint() != null) {
        console.err().println("the same command goes on at line " + result.nextLine());
      }
    }
    boolean ok = failure == null && result.rejected() == 0;
    return (ok ? ExitCode.OK : ExitCode.FAILED).number();
  }

  private Answer answer(ImportResult result, ImportOptions options, double seconds) {
    long rate = (long) (result.documents() / seconds);
    String text =
        ProgressLine.number(result.documents())
            + (result.documents() == 1 ? " document" : " documents")
            + " imported into "
            + collection
            + " in "
            + ProgressLine.duration(seconds)
            + " ("
            + ProgressLine.number(rate)
            + "/s)"
            + (result.fromLine() > 2 ? ", from line " + result.fromLine() + " on" : "")
            + (result.rejected() == 0
                ? ", none rejected"
                : ", "
                    + ProgressLine.number(result.rejected())
                    + " rejected: "
                    + options.rejects());
    Map<String, Object> json =
        Json.object(
            "collection", collection,
            "complete", result.failure() == null,
            "documents", result.documents(),
            "rejected", result.rejected(),
            "from_line", result.fromLine(),
            "next_line", result.nextLine(),
            "bytes", result.bytes(),
            "seconds", Math.round(seconds * 1e3) / 1e3,
            "documents_per_second", rate);
    if (result.rejected() > 0) {
      json.put("rejects", options.rejects().toString());
    }
    return new Answer(text, json);
  }

  /** For picocli. */
  static final class PatienceConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return Durations.parse(text)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "found '"
                          + text
                          + "', expected a duration; examples: "
                          + Durations.EXAMPLES));
    }
  }
}
