package io.henge.server;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keeps a node from starting on a full disk, only to take itself out at its first write. */
final class FreeSpace {
  private FreeSpace() {}

  /**
   * Requires space on the disk of a directory.
   *
   * @throws HengeException UNAVAILABLE if there is less
   */
  static void require(Path directory, long bytes) throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace();
    if (free < bytes) {
      throw new HengeException(
          ErrorCode.UNAVAILABLE,
          "no space left on the disk of "
              + directory.toAbsolutePath()
              + ": "
              + free
              + " bytes free, a node starts with at least "
              + bytes
              + " (two files of the log); free some, or start it with a smaller --log-segment");
    }
  }
}
