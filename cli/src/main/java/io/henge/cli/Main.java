package io.henge.cli;

import org.jline.utils.Signals;

/** The entry point of the {@code henge} command. */
public final class Main {
  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String... arguments) {
    int code =
        HengeCommand.commandLine(Console.ofProcess(), new LiveBackend(), Main::whenTold)
            .execute(arguments);
    System.exit(code);
  }

  /** The action only wakes the main thread, which then closes what it opened, in order. */
  private static void whenTold(Runnable action) {
    Signals.register("TERM", action);
    Signals.register("INT", action);
  }
}
