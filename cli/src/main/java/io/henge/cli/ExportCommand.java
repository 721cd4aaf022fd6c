package io.henge.cli;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.ProgressLine;
import io.henge.cli.shell.Parser;
import io.henge.cli.shell.SyntaxException;
import io.henge.cli.transfer.FileExport;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "export",
    description = {
      "Write a collection of documents to a file: JSON Lines (an object a line) or CSV.",
      "Import reads JSON Lines back exactly. The file gets its name when it is complete."
    },
    footer = {
      "",
      "Examples:",
      "  henge export orders orders.jsonl",
      "  henge export orders - --where 'total > 100' --fields user_id,order_id,total | gzip > o.gz",
      "  henge export routes routes.csv --columns airline,from,to --key ATL",
      "docs/guides/import.md explains it all."
    })
final class ExportCommand implements Callable<Integer> {
  private final Console console;
  private final Backend backend;

  @Mixin private final DataOptions data = new DataOptions();
  @Mixin private final OutputOption output = new OutputOption();
  @Mixin private final CsvOption csv = new CsvOption();

  @Parameters(index = "0", paramLabel = "COLLECTION", description = "What to write.")
  private String collection = "";

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = "-",
      description = {
        "Where to; - = standard output, and the default. A file of this name that is there",
        "is replaced when all of the new one is written."
      })
  private String file = "-";

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description = "Only this sharding key, as in the shell: ATL, 42, '(\"acme\", 42)'.")
  private @Nullable String key;

  @Option(
      names = "--where",
      paramLabel = "FILTER",
      description = "Only documents for which this holds: 'total > 10 and status = \"open\"'.")
  private @Nullable String where;

  @Option(
      names = "--fields",
      paramLabel = "PATHS",
      split = ",",
      description = "Only these parts of each document (default: all).")
  private List<String> fields = new ArrayList<>();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "0",
      description = "Most documents (default: all).")
  private int limit;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "4",
      description = "From how many places of the ring at once, 1 to 64 (default: 4).")
  private int parallel = 4;

  ExportCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() {
    CsvOption.Form form = csv.form(file);
    if (form != CsvOption.Form.JSONL && csv.columns.isEmpty()) {
      throw HengeException.invalid(
          "--columns: CSV has the same columns in each record; name them, as in --columns id,name");
    }
    if (limit < 0) {
      throw HengeException.invalid("--limit: 0 (none) or more expected, found " + limit);
    }
    FindOptions find = FindOptions.ALL.fields(fields.toArray(String[]::new)).limit(limit);
    if (where != null) {
      find = find.where(where);
    }
    FileExport.Options options =
        new FileExport.Options(
            find,
            key == null ? null : key(key),
            form == CsvOption.Form.JSONL ? List.of() : csv.columns,
            csv.delimiter(form),
            parallel);
    return data.run(console, "henge export", backend, client -> run(client, options));
  }

  private static Key key(String text) {
    try {
      return Parser.parseKey(text);
    } catch (SyntaxException e) {
      throw HengeException.invalid("--key: " + e.getMessage());
    }
  }

  private Integer run(HengeClient client, FileExport.Options options) throws IOException {
    boolean toOutput = file.equals("-");
    long documents;
    double seconds;
    try (ProgressLine progress =
        new ProgressLine(
            console.err(), console.showsProgress(), System::nanoTime, "export " + collection)) {
      FileExport export = new FileExport(client, collection, options, progress);
      documents = toOutput ? export.stream(new Output(console.out())) : export.file(Path.of(file));
      seconds = progress.seconds();
    }
    // What was exported must be all that is on standard output.
    PrintStream to = toOutput ? console.err() : console.out();
    to.println(answer(documents, seconds).show(output.format));
    return ExitCode.OK.number();
  }

  private Answer answer(long documents, double seconds) {
    long rate = (long) (documents / seconds);
    return new Answer(
        ProgressLine.number(documents)
            + (documents == 1 ? " document" : " documents")
            + " exported from "
            + collection
            + " in "
            + ProgressLine.duration(seconds)
            + " ("
            + ProgressLine.number(rate)
            + "/s)",
        Json.object(
            "collection", collection,
            "documents", documents,
            "seconds", Math.round(seconds * 1e3) / 1e3,
            "documents_per_second", rate));
  }

  /** Standard output as it fails: whoever reads it may have seen enough. */
  private static final class Output extends OutputStream {
    private final PrintStream out;

    Output(PrintStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
      flush();
    }

    @Override
    public void flush() throws IOException {
      if (out.checkError()) {
        throw new IOException("standard output was closed before the end");
      }
    }
  }
}
