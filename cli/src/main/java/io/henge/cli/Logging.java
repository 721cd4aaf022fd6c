package io.henge.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where log lines go: standard error or a file, never standard output, which belongs to answers.
 * Everything but a server logs only what is wrong.
 */
final class Logging {
  static final String LEVEL = "henge.log.level";
  static final String FILE = "henge.log.file";

  /** What is logged at least. */
  enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG
  }

  /**
   * Logs through the JDK, at warning, with a stack trace for every name that does not resolve; the
   * call that fails says the same in a line. Held here, since the JDK forgets loggers nobody holds.
   */
  private static final java.util.logging.Logger GRPC =
      java.util.logging.Logger.getLogger("io.grpc");

  private Logging() {}

  /**
   * Sets level and place. Effective only before the first logger is asked for: {@link
   * LogConfigurator} reads it then.
   */
  static void configure(Level level, @Nullable Path file) {
    System.setProperty(LEVEL, level.name());
    if (file != null) {
      System.setProperty(FILE, file.toString());
    }
    GRPC.setLevel(java.util.logging.Level.SEVERE);
  }
}
