package io.henge.cli;

import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where a command reads and writes. Text is UTF-8 whatever the locale: answers must not depend on
 * it.
 *
 * @param interactive whether a person sits at both ends
 */
public record Console(InputStream in, PrintStream out, PrintStream err, boolean interactive) {
  /** Set by the launcher, which knows; Java tells it differently from release to release. */
  private static final String INTERACTIVE = "henge.interactive";

  private static final String ERRORS_ON_TERMINAL = "henge.terminal.err";

  /** Whether progress can be shown and written over, though output or input may be files. */
  boolean showsProgress() {
    return interactive || Boolean.getBoolean(ERRORS_ON_TERMINAL);
  }

  /** Those of the process. */
  static Console ofProcess() {
    return new Console(
        new BufferedInputStream(new FileInputStream(FileDescriptor.in)),
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        Boolean.getBoolean(INTERACTIVE));
  }
}
