package io.henge.engine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The version stamp of a store: a file {@code FORMAT} in its directory with the line {@code
 * henge-store N}. It is a file and not a row so that it can be read, and a newer one refused,
 * before anything else in the directory is touched. Written last when a store is made: a directory
 * without it was never handed out.
 */
public final class StoreFormat {
  /** Name of the file. */
  public static final String FILE = "FORMAT";

  /** The version that this code writes, and the newest it reads. */
  public static final int VERSION = 1;

  private static final String WORD = "henge-store ";

  private StoreFormat() {}

  public static boolean isStamped(Path directory) {
    return Files.exists(directory.resolve(FILE));
  }

  /** Stamps a directory with {@link #VERSION}, durably. */
  public static void stamp(Path directory) throws IOException {
    DurableFiles.replace(
        directory.resolve(FILE), (WORD + VERSION + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * Checks the stamp of a directory.
   *
   * @throws HengeException CORRUPTION if it is missing, damaged or newer than {@link #VERSION}
   */
  public static void require(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      throw corrupt(directory + " is not a store: it has no " + FILE + " file");
    }
    String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    int version = 0;
    if (text.startsWith(WORD) && text.substring(WORD.length()).matches("[1-9][0-9]{0,8}")) {
      version = Integer.parseInt(text.substring(WORD.length()));
    }
    if (version == 0) {
      throw corrupt(file + " is damaged: `" + WORD + VERSION + "` expected");
    }
    if (version > VERSION) {
      throw corrupt(
          directory
              + " was written by a newer Henge: store format "
              + version
              + ", this one reads up to "
              + VERSION
              + "; start the newer version");
    }
  }

  private static HengeException corrupt(String message) {
    return new HengeException(ErrorCode.CORRUPTION, message);
  }
}
