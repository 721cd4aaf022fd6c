package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Says to an operator why a node took itself out, where, and what to do. One line each. */
final class Outage {
  private static final String NO_SPACE = "no space left";

  /** Below this a write of a few entries, or of a log segment's header, fails anyway. */
  private static final long NOTHING_FREE_BYTES = 1L << 20;

  private static final int CAUSES_MAX = 20;

  private Outage() {}

  /**
   * A sentence for the log, {@code /healthz} and the process's last word.
   *
   * @param what happened to what
   * @param directory of the node
   */
  static String sentence(String what, Path directory, Throwable reason) {
    Path path = directory.toAbsolutePath();
    if (isNoSpace(reason)) {
      return what
          + ": no space left on the disk of "
          + path
          + free(path)
          + "; free some and start the node again: it keeps all that it has acknowledged and"
          + " catches up with the others";
    }
    String cause = oneLine(rootMessage(reason));
    if (reason instanceof HengeException known && known.code() == ErrorCode.CONDITION_FAILED) {
      // Nothing is wrong here: the message says what to do.
      return what + ": " + cause;
    }
    return isCorruption(reason)
        ? what + ": " + cause + "; directory " + path + ": keep it for examination, do not edit it"
        : what
            + ": "
            + cause
            + "; directory "
            + path
            + ": see that its disk can be written, then start the node again";
  }

  private static String free(Path directory) {
    try {
      long bytes = Files.getFileStore(directory).getUsableSpace();
      return bytes < NOTHING_FREE_BYTES
          ? " (" + bytes + " bytes free)"
          : " (" + (bytes >> 20) + " MiB free now)";
    } catch (IOException e) {
      return "";
    }
  }

  private static boolean isNoSpace(Throwable reason) {
    Throwable cause = reason;
    for (int i = 0; cause != null && i < CAUSES_MAX; i++, cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (message.contains(NO_SPACE)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isCorruption(Throwable reason) {
    return Failures.known(reason).code() == ErrorCode.CORRUPTION;
  }

  /** Of the innermost cause that says something; what wraps it repeats or hides it. */
  private static String rootMessage(Throwable reason) {
    HengeException known = Failures.known(reason);
    if (known.code() != ErrorCode.INTERNAL) {
      return String.valueOf(known.getMessage());
    }
    Throwable root = reason;
    for (int i = 0; root.getCause() != null && i < CAUSES_MAX; i++) {
      root = root.getCause();
    }
    return root.toString();
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s*\\R\\s*", "; ");
  }
}
