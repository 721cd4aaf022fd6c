package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.DurableFiles;
import io.henge.engine.StoreFormat;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of one node, held by one process at a time ({@code LOCK}). Nothing in it is changed
 * before its identity has been checked.
 */
public final class NodeDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeDirectory.class);

  /** shards/GROUP/STORE. */
  private static final int STORE_DEPTH = 2;

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
      createDirectories(path);
      if (!Files.exists(path.resolve(IDENTITY))) {
        // Before the lock: not even that belongs into somebody else's directory.
        requireEmpty(path);
      }
      file =
          FileChannel.open(
              path.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(file);
      if (lock != null) {
        return new NodeDirectory(path, file, lock);
      }
    } catch (IOException e) {
      closeQuietly(file);
      throw unusable(path, reason(e), e);
    }
    closeQuietly(file);
    throw new HengeException(
        ErrorCode.ALREADY_EXISTS,
        "directory: " + path + " is in use by another node; stop it, or give another directory");
  }

  private static void createDirectories(Path path) throws IOException {
    try {
      Files.createDirectories(path);
    } catch (FileAlreadyExistsException e) {
      throw unusable(path, e.getFile() + " is a file, a directory expected", e);
    } catch (IOException e) {
      throw unusable(path, "it cannot be made (" + reason(e) + ")", e);
    }
    if (!Files.isWritable(path)) {
      throw unusable(path, "this user may not write there", null);
    }
  }

  private static HengeException unusable(Path path, String why, @Nullable IOException cause) {
    return new HengeException(
        ErrorCode.INVALID_ARGUMENT,
        "directory: cannot use "
            + path
            + ": "
            + why
            + "; give a directory that this user may write",
        cause);
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
  private static void requireEmpty(Path path) throws IOException {
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

  /**
   * Checks that this version can read every store, before any of them or a log is opened.
   *
   * @throws HengeException CORRUPTION if one is of a newer format or its stamp is damaged
   */
  public void requireReadableStores() {
    Path shards = path.resolve("shards");
    if (!Files.isDirectory(shards)) {
      return;
    }
    try (Stream<Path> files = Files.walk(shards, STORE_DEPTH)) {
      for (Path file : files.filter(StoreFormat::isStamped).sorted().toList()) {
        StoreFormat.require(file);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new HengeException(ErrorCode.CORRUPTION, shards + ": cannot be read: " + reason(e), e);
    }
  }

  /**
   * Gives up an identity under which the node never entered a cluster, so that the directory is as
   * good as new. Everything else must be closed; what holds data stays.
   */
  public void forget() {
    try {
      for (String part : List.of("raft/incoming", "raft", "snapshots", "shards", IDENTITY)) {
        Files.deleteIfExists(path.resolve(part));
      }
    } catch (IOException e) {
      LOG.warn("{}: {} cannot be deleted; the directory keeps its identity", path, IDENTITY, e);
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
