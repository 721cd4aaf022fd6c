package io.henge.cli.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A directory that is a disk of its own (tmpfs), to be filled up. Needs root on Linux. */
final class SmallDisk implements AutoCloseable {
  private static final int MIB = 1 << 20;

  private final Path directory;
  private final Path ballast;

  private SmallDisk(Path directory) {
    this.directory = directory;
    this.ballast = directory.resolve("ballast");
  }

  /** Skips the test, with a reason, where disks cannot be mounted. */
  static SmallDisk mount(Path directory, int mebibytes) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", directory.toString()),
        "needs a Linux where this user may mount a tmpfs: run the test as root");
    return new SmallDisk(directory);
  }

  /** Writes until nothing more fits. */
  void fill() {
    byte[] block = new byte[MIB];
    for (int size = MIB; size >= 1; size /= 4) {
      try (OutputStream out =
          Files.newOutputStream(
              ballast,
              java.nio.file.StandardOpenOption.CREATE,
              java.nio.file.StandardOpenOption.APPEND)) {
        while (true) {
          out.write(block, 0, size);
        }
      } catch (IOException e) {
        // Full, for blocks of this size.
      }
    }
  }

  /** Takes away what {@link #fill} wrote. */
  void free() {
    try {
      Files.delete(ballast);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean run(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    // Lazily: a process may still hold a file of it for a moment.
    run("umount", "-l", directory.toString());
  }
}
