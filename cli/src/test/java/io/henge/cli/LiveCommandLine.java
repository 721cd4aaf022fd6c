package io.henge.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Runs commands in this JVM on the real thing, with captured streams. Servers end as soon as they
 * are ready.
 */
public final class LiveCommandLine {
  private LiveCommandLine() {}

  /** What a command left behind. */
  public record Result(int code, String out, String err) {}

  /** Runs a command to its end. */
  public static Result run(String... arguments) {
    return runWithInput("", arguments);
  }

  /** Runs a command to its end, with this text as its standard input. */
  public static Result runWithInput(String input, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    int code =
        HengeCommand.commandLine(console, new LiveBackend(), Runnable::run).execute(arguments);
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
