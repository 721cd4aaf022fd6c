package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.DurableFiles;
import java.io.IOException;
import java.io.StringReader;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one node, held by one process at a time ({@code LOCK}). Nothing in it is changed
 * before its identity has been checked.
 */
public final class NodeDirectory implements AutoCloseable {
  private static final String IDENTITY = "node.properties";
  private static final List<String> OWN = List.of("LOCK", IDENTITY, IDENTITY + ".tmp");

  private final Path path;
  private final FileChannel lockFile;
  private final FileLock lock;

  private NodeDirectory(Path path, FileChannel lockFile, FileLock lock) {
    this.path = path;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Takes a directory, which is made if there is none.
   *
   * @throws HengeException ALREADY_EXISTS if another process holds it; INVALID_ARGUMENT if it
   *     cannot be used
   */
  public static NodeDirectory open(Path path) {
    FileChannel file = null;
    try {
      Files.createDirectories(path);
      file =
          FileChannel.open(
              path.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(file);
      if (lock != null) {
        return new NodeDirectory(path, file, lock);
      }
    } catch (IOException e) {
      closeQuietly(file);
      throw new HengeException(
          ErrorCode.INVALID_ARGUMENT,
          "directory: cannot use "
              + path
              + ": "
              + reason(e)
              + "; give a directory that this user"
              + " may write",
          e);
    }
    closeQuietly(file);
    throw new HengeException(
        ErrorCode.ALREADY_EXISTS,
        "directory: " + path + " is in use by another node; stop it, or give another directory");
  }

  private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  public Path path() {
    return path;
  }

  /** Identity of the node that the directory belongs to, or null if it is empty. */
  public @Nullable NodeIdentity identity() {
    Path file = path.resolve(IDENTITY);
    try {
      if (!Files.exists(file)) {
        requireEmpty();
        return null;
      }
      Properties properties = new Properties();
      properties.load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)));
      return NodeIdentity.of(properties, file.toString());
    } catch (IOException | IllegalArgumentException e) {
      throw new HengeException(ErrorCode.CORRUPTION, file + ": cannot be read: " + reason(e), e);
    }
  }

  /** Data without an identity is not ours to write over. */
  private void requireEmpty() throws IOException {
    try (Stream<Path> children = Files.list(path)) {
      List<String> found =
          children
              .map(child -> child.getFileName().toString())
              .filter(name -> !OWN.contains(name))
              .sorted()
              .toList();
      if (!found.isEmpty()) {
        throw new HengeException(
            ErrorCode.INVALID_ARGUMENT,
            "directory: "
                + path
                + " holds other files ("
                + found.get(0)
                + ") and no "
                + IDENTITY
                + "; give an empty directory");
      }
    }
  }

  /** Writes the identity; it is on disk when this returns. */
  public void store(NodeIdentity identity) {
    try {
      DurableFiles.replace(
          path.resolve(IDENTITY), identity.toText().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new HengeException(
          ErrorCode.UNAVAILABLE, path.resolve(IDENTITY) + ": cannot be written: " + reason(e), e);
    }
  }

  private static String reason(Exception e) {
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : " " + message);
  }

  private static void closeQuietly(@Nullable FileChannel file) {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        // Nothing was written through it.
      }
    }
  }

  @Override
  public void close() {
    try {
      lock.release();
    } catch (IOException e) {
      // Closing the file gives the lock up as well.
    }
    closeQuietly(lockFile);
  }
}
