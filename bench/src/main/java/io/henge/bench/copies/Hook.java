package io.henge.bench.copies;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A command of a shell that is run at some moment of a measurement. */
record Hook(String command) {
  private static final long SECONDS_MAX = 120;

  /**
   * Begins it; its output is that of this process.
   *
   * @return waits until it has ended; fails if it did not end well
   */
  Runnable begin(Map<String, String> environment) {
    if (command.isEmpty()) {
      return () -> {};
    }
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", command)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      return () -> await(process);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void await(Process process) {
    try {
      if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(command + ": not ended after " + SECONDS_MAX + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException(command + ": ended with " + process.exitValue());
    }
  }
}
