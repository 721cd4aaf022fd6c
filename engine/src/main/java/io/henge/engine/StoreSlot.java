package io.henge.engine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The place of a shard replica's store on disk, whose content can be replaced as a whole while
 * readers go on. It is a {@link ShardStore} itself: calls go to the live store; a call that meets a
 * store which is being replaced is made again on the new one.
 *
 * <pre>
 *   DIR/CURRENT        `henge-slot 1 store-000007`: the live store
 *   DIR/store-000007/  its files
 *   DIR/work/          incoming and outgoing checkpoints; emptied when the slot is opened
 * </pre>
 *
 * <p>CURRENT alone decides: it is replaced by one rename, after the store it names is complete and
 * synced. Every other {@code store-*} is what a crash left over, and deleted at the next opening.
 *
 * <p>Threads: as {@link ShardStore}; {@link #swap} counts as a write, so it must not run together
 * with {@link #write}.
 */
public final class StoreSlot implements ShardStore {
  private static final Logger log = LoggerFactory.getLogger(StoreSlot.class);
  private static final String POINTER = "CURRENT";
  private static final String POINTER_WORD = "henge-slot 1 ";
  private static final String STORE = "store-";
  private static final String WORK = "work";
  private static final String REMOVED = ".removed";

  private final StorageEngine engine;
  private final Path directory;

  /** Orders swaps and the closing; held while waiting for readers, never by readers. */
  private final Object switching = new Object();

  private long number;
  private volatile ShardStore current;

  private StoreSlot(StorageEngine engine, Path directory, long number, ShardStore current) {
    this.engine = engine;
    this.directory = directory;
    this.number = number;
    this.current = current;
  }

  /**
   * Opens the slot in a directory, or makes one with an empty store; removes what a crash left.
   *
   * @throws HengeException CORRUPTION if the pointer or the store is damaged, missing or newer
   * @throws StoreFailedException if the files cannot be read or written
   */
  public static StoreSlot open(StorageEngine engine, Path directory) {
    try {
      DurableFiles.createDirectories(directory);
      boolean fresh = !Files.exists(directory.resolve(POINTER));
      if (fresh) {
        requireNoLaterStore(directory);
      }
      long number = fresh ? 1 : readPointer(directory);
      Path live = storePath(directory, number);
      if (!fresh && !StoreFormat.isStamped(live)) {
        throw corrupt(directory + ": " + POINTER + " names " + live.getFileName() + ", not there");
      }
      ShardStore store = engine.open(live);
      try {
        if (fresh) {
          requireEmpty(directory, store);
          writePointer(directory, number);
        }
        // Only now: while the pointer's store cannot be opened, nothing is deleted.
        removeLeftovers(engine, directory, live);
      } catch (IOException | RuntimeException e) {
        store.close();
        throw e;
      }
      return new StoreSlot(engine, directory, number, store);
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot open: " + e, e);
    }
  }

  /**
   * Where the store of a slot belongs that is being made beside its place: first this, complete and
   * synced, then {@link #complete}, then the directory is moved to its place.
   */
  public static Path firstStore(Path directory) {
    return storePath(directory, 1);
  }

  /**
   * Makes a directory that holds nothing but its {@link #firstStore first store} a slot. Durable
   * when it returns.
   */
  public static void complete(Path directory) {
    try {
      writePointer(directory, 1);
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot complete: " + e, e);
    }
  }

  /** Whether a directory is a slot, or was made one, up to the last step. */
  public static boolean isComplete(Path directory) {
    return Files.exists(directory.resolve(POINTER));
  }

  /**
   * Deletes a closed slot with all its data. A crash in between leaves either the whole slot or a
   * directory {@code NAME.removed} beside it, for {@link #finishRemovals}.
   */
  public static void remove(Path directory) {
    try {
      if (Files.exists(directory)) {
        Path doomed = directory.resolveSibling(directory.getFileName() + REMOVED);
        DurableFiles.deleteTree(doomed);
        DurableFiles.move(directory, doomed);
        DurableFiles.deleteTree(doomed);
      }
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot remove: " + e, e);
    }
  }

  /** Deletes what interrupted {@link #remove removals} left in the directory of slots. */
  public static void finishRemovals(Path parent) {
    if (!Files.isDirectory(parent)) {
      return;
    }
    try (DirectoryStream<Path> doomed = Files.newDirectoryStream(parent, "*" + REMOVED)) {
      for (Path path : doomed) {
        DurableFiles.deleteTree(path);
      }
    } catch (IOException e) {
      throw new StoreFailedException(parent + ": cannot finish removals: " + e, e);
    }
  }

  /**
   * A path for a checkpoint that is being received or sent, on the slot's file system; nothing is
   * there yet, its parent is. Whatever is left in the parent when the slot is next opened is
   * deleted.
   *
   * @param name unique among the paths in use
   */
  public Path workPath(String name) {
    try {
      Path work = directory.resolve(WORK);
      DurableFiles.createDirectories(work);
      Path path = work.resolve(name);
      DurableFiles.deleteTree(path);
      return path;
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot prepare " + name + ": " + e, e);
    }
  }

  /**
   * Replaces everything by a checkpoint, which is moved into the slot. Durable when it returns; a
   * crash leaves the old or the new content. Readers that begin later see the new content; those
   * under way finish on the old, and this call waits for them, so the caller must hold no view.
   *
   * @param checkpoint a complete {@link ShardStore#checkpoint} on the same file system
   * @throws HengeException CORRUPTION if the checkpoint cannot be opened; the old content stays
   * @throws StoreFailedException if files cannot be written; the slot is then either unchanged or,
   *     where that is uncertain, closed
   */
  public void swap(Path checkpoint) {
    synchronized (switching) {
      ShardStore old = current;
      Path oldPath = storePath(directory, number);
      long next = number + 1;
      ShardStore fresh = moveInAndOpen(checkpoint, storePath(directory, next));
      try {
        writePointer(directory, next);
      } catch (IOException | RuntimeException e) {
        // The rename may or may not be on disk: to go on with either could lose what is written
        // next. The replica stops, and the next opening reads what the disk says.
        fresh.close();
        old.close();
        throw new StoreFailedException(directory + ": cannot switch to " + checkpoint, e);
      }
      number = next;
      current = fresh;
      old.close();
      try {
        engine.destroy(oldPath);
      } catch (RuntimeException e) {
        log.warn(
            "{} is left over and will be deleted at the next start: {}", oldPath, e.toString());
      }
    }
  }

  private ShardStore moveInAndOpen(Path checkpoint, Path target) {
    try {
      StoreFormat.require(checkpoint);
      DurableFiles.syncTree(checkpoint);
      DurableFiles.move(checkpoint, target);
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot move in " + checkpoint + ": " + e, e);
    }
    try {
      return engine.open(target);
    } catch (RuntimeException e) {
      engine.destroy(target);
      throw e;
    }
  }

  /** The directory that was given at the opening. */
  public Path directory() {
    return directory;
  }

  @Override
  public ReadView latest() {
    return onCurrent(ShardStore::latest);
  }

  @Override
  public ReadView snapshot() {
    return onCurrent(ShardStore::snapshot);
  }

  /**
   * {@inheritDoc} A batch is not tied to a store: it may be made before a swap and written after.
   */
  @Override
  public WriteRows batch() {
    return onCurrent(ShardStore::batch);
  }

  @Override
  public void write(WriteRows batch) {
    onCurrent(
        store -> {
          store.write(batch);
          return true;
        });
  }

  @Override
  public void flush() {
    onCurrent(
        store -> {
          store.flush();
          return true;
        });
  }

  @Override
  public long unflushedBytes() {
    return onCurrent(ShardStore::unflushedBytes);
  }

  @Override
  public void checkpoint(Path target) {
    onCurrent(
        store -> {
          store.checkpoint(target);
          return true;
        });
  }

  @Override
  public long approximateBytes(KeySpace space, byte[] from, byte[] to) {
    return onCurrent(store -> store.approximateBytes(space, from, to));
  }

  @Override
  public void reclaim(KeySpace space, byte[] from, byte[] to) {
    onCurrent(
        store -> {
          store.reclaim(space, from, to);
          return true;
        });
  }

  @Override
  public StoreStatistics statistics() {
    return onCurrent(ShardStore::statistics);
  }

  @Override
  public void close() {
    synchronized (switching) {
      current.close();
    }
  }

  private <T> T onCurrent(Function<ShardStore, T> use) {
    while (true) {
      ShardStore store = current;
      try {
        return use.apply(store);
      } catch (StoreClosedException e) {
        // A swap publishes the new store before it closes the old one.
        if (store == current) {
          throw e;
        }
      }
    }
  }

  private static Path storePath(Path directory, long number) {
    return directory.resolve(STORE + String.format("%06d", number));
  }

  private static void writePointer(Path directory, long number) throws IOException {
    String line = POINTER_WORD + storePath(directory, number).getFileName() + "\n";
    DurableFiles.replace(directory.resolve(POINTER), line.getBytes(StandardCharsets.US_ASCII));
  }

  private static long readPointer(Path directory) throws IOException {
    Path pointer = directory.resolve(POINTER);
    String line = Files.readString(pointer, StandardCharsets.ISO_8859_1).strip();
    String prefix = POINTER_WORD + STORE;
    if (!line.startsWith(prefix) || !line.substring(prefix.length()).matches("[0-9]{6,18}")) {
      throw corrupt(pointer + " is damaged or of a newer format: `" + prefix + "NNNNNN` expected");
    }
    return Long.parseLong(line.substring(prefix.length()));
  }

  private static void removeLeftovers(StorageEngine engine, Path directory, Path live)
      throws IOException {
    DurableFiles.deleteTree(directory.resolve(WORK));
    Files.deleteIfExists(directory.resolve(POINTER + ".tmp"));
    try (DirectoryStream<Path> stores = Files.newDirectoryStream(directory, STORE + "*")) {
      for (Path store : stores) {
        if (!store.getFileName().equals(live.getFileName())) {
          log.info("{}: deleting {}, left over from an interrupted swap", directory, store);
          engine.destroy(store);
        }
      }
    }
  }

  /** The pointer is written before the first swap: a second store without one means damage. */
  private static void requireNoLaterStore(Path directory) throws IOException {
    Path first = storePath(directory, 1).getFileName();
    try (DirectoryStream<Path> stores = Files.newDirectoryStream(directory, STORE + "*")) {
      for (Path store : stores) {
        if (!store.getFileName().equals(first)) {
          throw corrupt(directory + ": " + POINTER + " is missing, but there is " + store);
        }
      }
    }
  }

  /** Without a pointer there may be a first store from an interrupted creation: never any rows. */
  private static void requireEmpty(Path directory, ShardStore store) {
    try (ReadView view = store.latest()) {
      for (KeySpace space : KeySpace.values()) {
        try (RowCursor rows = view.scan(space, new byte[0], new byte[0], false)) {
          if (rows.next()) {
            throw corrupt(directory + ": " + POINTER + " is missing, but the store has rows");
          }
        }
      }
    }
  }

  private static HengeException corrupt(String message) {
    return new HengeException(ErrorCode.CORRUPTION, message);
  }
}
