package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.cli.output.OutputFormat;
import io.henge.cli.shell.Interpreter;
import io.henge.cli.shell.StatementRunner;
import io.henge.client.HengeClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A page of documentation whose blocks fenced as {@code ```henge} can be run: a line that begins
 * with {@code > } is a statement, those after it what it answers; {@code ! } begins an error. An
 * ellipsis stands for any text, and alone on a line for any number of lines.
 */
record ShellDocument(Path page, List<Example> examples) {
  /** A statement and its answer. */
  record Example(int line, String statement, List<String> answer) {}

  static ShellDocument read(Path page) throws IOException {
    List<Example> examples = new ArrayList<>();
    List<String> lines = Files.readAllLines(page);
    boolean inside = false;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("```")) {
        inside = line.equals("```henge");
      } else if (inside && line.startsWith("> ")) {
        examples.add(new Example(i + 1, line.substring(2), new ArrayList<>()));
      } else if (inside) {
        examples.get(examples.size() - 1).answer().add(line);
      }
    }
    return new ShellDocument(page, examples);
  }

  /** Runs all examples in order and compares the answers. */
  void run(HengeClient client) {
    Interpreter interpreter = new Interpreter(client, false, line -> {});
    for (Example example : examples) {
      String answer = answer(interpreter, example.statement());
      assertThat(answer)
          .as("%s:%d: > %s", page, example.line(), example.statement())
          .matches(pattern(example.answer()));
    }
  }

  private static String answer(Interpreter interpreter, String statement) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    new StatementRunner(
            interpreter,
            OutputFormat.TABLE,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(statement);
    String errors = err.toString(StandardCharsets.UTF_8);
    return out.toString(StandardCharsets.UTF_8) + (errors.isEmpty() ? "" : "! " + errors);
  }

  private static Pattern pattern(List<String> answer) {
    String expression =
        answer.stream()
            .map(
                line ->
                    line.equals("…")
                        ? "(.*\n)*"
                        : Pattern.quote(line).replace("…", "\\E[^\n]*\\Q") + "\n")
            .collect(Collectors.joining());
    return Pattern.compile(expression);
  }
}
