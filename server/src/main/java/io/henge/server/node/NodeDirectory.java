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
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
  private static final String LOCK = "LOCK";
  private static final List<String> OWN = List.of(LOCK, IDENTITY, IDENTITY + ".tmp");

  private final Path path;
  private final FileChannel lockFile;
  private final FileLock lock;

  /** What was not there before, the innermost first: goes away again if no node comes to be. */
  private final List<Path> made;

  private boolean closed;

  private NodeDirectory(Path path, FileChannel lockFile, FileLock lock, List<Path> made) {
    this.path = path;
    this.lockFile = lockFile;
    this.lock = lock;
    this.made = made;
  }

  /**
   * Takes a directory, which is made if there is none. What this makes is gone after {@link #close}
   * if no identity has been {@linkplain #store stored} by then.
   *
   * @throws HengeException ALREADY_EXISTS if another process holds it; PERMISSION_DENIED if this
   *     user may not write there; INVALID_ARGUMENT if it cannot be used. Nothing has been changed
   *     then
   */
  public static NodeDirectory open(Path path) {
    List<Path> made = new ArrayList<>();
    boolean done = false;
    try {
      createDirectories(path, made);
      NodeDirectory directory = null;
      while (directory == null) {
        if (!Files.exists(path.resolve(IDENTITY))) {
          // Before the lock: not even that belongs into somebody else's directory.
          requireEmpty(path);
        }
        directory = lock(path, made);
      }
      done = true;
      return directory;
    } catch (IOException e) {
      throw unusable(path, e);
    } finally {
      if (!done) {
        delete(made);
      }
    }
  }

  /** Whether a directory belongs to a node. */
  public static boolean isOwned(Path path) {
    return Files.exists(path.resolve(IDENTITY));
  }

  /** Null if the file was deleted by a node that gave up while this one waited to look at it. */
  private static @Nullable NodeDirectory lock(Path path, List<Path> made) throws IOException {
    Path name = path.resolve(LOCK);
    Object before = Files.exists(name) ? fileKey(name) : null;
    FileChannel file = FileChannel.open(name, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean done = false;
    try {
      Object opened = fileKey(name);
      FileLock lock = tryLock(file);
      if (lock == null) {
        throw new HengeException(
            ErrorCode.ALREADY_EXISTS,
            "directory: "
                + path
                + " is in use by another node; stop it, or give another directory");
      }
      if ((before != null && !before.equals(opened))
          || !Files.exists(name)
          || !Objects.equals(opened, fileKey(name))) {
        return null;
      }
      if (before == null) {
        made.add(0, name);
      }
      done = true;
      return new NodeDirectory(path, file, lock, made);
    } catch (NoSuchFileException e) {
      return null;
    } finally {
      if (!done) {
        closeQuietly(file);
      }
    }
  }

  private static @Nullable Object fileKey(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  private static void createDirectories(Path path, List<Path> made) throws IOException {
    @Nullable Path missing = path.toAbsolutePath();
    while (missing != null && Files.notExists(missing)) {
      made.add(missing);
      missing = missing.getParent();
    }
    try {
      Files.createDirectories(path);
    } catch (FileAlreadyExistsException e) {
      throw new HengeException(
          ErrorCode.INVALID_ARGUMENT,
          unusable(path, e.getFile() + " is a file, a directory expected"),
          e);
    } catch (IOException e) {
      if (isDenied(e)) {
        throw e;
      }
      throw new HengeException(
          ErrorCode.INVALID_ARGUMENT, unusable(path, "it cannot be made (" + reason(e) + ")"), e);
    }
    if (!Files.isWritable(path)) {
      throw new AccessDeniedException(path.toString());
    }
  }

  private static HengeException unusable(Path path, IOException cause) {
    return isDenied(cause)
        ? new HengeException(
            ErrorCode.PERMISSION_DENIED,
            unusable(path, "this user may not write there (" + reason(cause) + ")"),
            cause)
        : new HengeException(ErrorCode.INVALID_ARGUMENT, unusable(path, reason(cause)), cause);
  }

  private static String unusable(Path path, String why) {
    return "directory: cannot use "
        + path
        + ": "
        + why
        + "; give a directory that this user may write";
  }

  /** The system says so in words only, but for one of its reasons. */
  private static boolean isDenied(IOException e) {
    String reason = e instanceof FileSystemException failure ? failure.getReason() : null;
    return e instanceof AccessDeniedException
        || "Read-only file system".equals(reason)
        || "Operation not permitted".equals(reason);
  }

  /** Leaves what others have put something into meanwhile. */
  private static void delete(List<Path> made) {
    try {
      for (Path each : made) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      LOG.debug("left over from a start that failed: {}", e.toString());
    }
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
    } catch (AccessDeniedException e) {
      throw unusable(path, e);
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
      for (String part :
          List.of("raft/incoming", "raft", "snapshots", "shards", IDENTITY + ".tmp", IDENTITY)) {
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

  /** Gives the directory back. */
  @Override
  public synchronized void close() {
    if (closed) {
      // Another node may have taken it by now.
      return;
    }
    closed = true;
    if (Files.notExists(path.resolve(IDENTITY))) {
      // Before the lock is given up: what another node makes is not to be deleted.
      delete(made);
    }
    try {
      lock.release();
    } catch (IOException e) {
      // Closing the file gives the lock up as well.
    }
    closeQuietly(lockFile);
  }
}
