package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.Flushable;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.WriteRows;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.LogPosition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A state machine whose state is rows of a store.
 *
 * <p>Every entry becomes one batch, and every batch carries the entry's position: what is on disk
 * is always the state after exactly the entries up to the position that is on disk with it. So a
 * replay that starts behind that position neither misses nor repeats anything, wherever the process
 * died.
 *
 * <p>Subclasses keep two rules: what {@link #apply(LogPosition, byte[], Object, WriteRows)} writes
 * depends on the entry and on earlier rows alone; and whatever they hold in memory follows from the
 * rows ({@link #load}).
 *
 * <p>Owns the store. Rows of {@link KeySpace#SYSTEM} whose keys begin with {@code "!"} belong to
 * this class, all others to the subclass.
 */
public abstract class StoredStateMachine implements GroupStateMachine {
  private static final Logger LOG = LoggerFactory.getLogger(StoredStateMachine.class);

  /** SYSTEM row: format (1 byte), term (8), index (8) of the last entry applied. */
  private static final byte[] APPLIED = "!applied".getBytes(StandardCharsets.US_ASCII);

  private static final byte FORMAT = 1;
  private static final int APPLIED_BYTES = 1 + Long.BYTES + Long.BYTES;

  private final StorageEngine engine;
  private final ShardStore store;
  private final Consumer<Path> swap;
  private final Object durability = new Object();

  private volatile LogPosition applied = LogPosition.NONE;
  private volatile LogPosition durable = LogPosition.NONE;

  /** Bytes of all batches since the start. Changed by the applying thread. */
  private volatile long writtenBytes;

  /** What {@link #writtenBytes} was when the last {@link #flush} began. */
  private volatile long flushedBytes;

  /**
   * Rises by one when an install begins and by one when it is over. Changed by the applying thread,
   * at the beginning of an install under {@link #durability}: a flush that began before one says
   * nothing.
   */
  private volatile long generation;

  /** Of the applying thread. Tied to no store, so it outlives installs. */
  private final WriteRows batch;

  /** Of the applying thread: why no further entry may be applied. */
  private @Nullable Throwable failure;

  private volatile boolean abandoned;
  private boolean closed;

  /**
   * Subclasses call {@link #open} at the end of their construction.
   *
   * @param engine opens checkpoints
   * @param store closed with the state machine
   * @param swap makes {@code store} stand on the checkpoint in a directory, which becomes the
   *     store's own, for ever
   */
  protected StoredStateMachine(StorageEngine engine, ShardStore store, Consumer<Path> swap) {
    this.engine = engine;
    this.store = store;
    this.swap = swap;
    this.batch = store.batch();
  }

  /** Reads what is on disk. */
  protected final void open() {
    try (ReadView view = store.latest()) {
      LogPosition stored = position(view);
      load(view, stored);
      applied = stored;
      // Nothing is in memory yet: what can be read now has come from the disk.
      durable = stored;
    }
  }

  /**
   * Replaces everything in memory by what follows from the rows. At the start and after an install;
   * no entry is applied meanwhile.
   */
  protected abstract void load(ReadView view, LogPosition position);

  /**
   * Computes the effect of an entry and puts it into a batch. Must not write to the store itself.
   *
   * @return the result for the proposer
   * @see GroupStateMachine#apply
   */
  protected abstract @Nullable Object apply(
      LogPosition position, byte[] entry, @Nullable Object context, WriteRows rows);

  /** The batch of the entry has been written: its effect is readable. On the applying thread. */
  protected void written(LogPosition position) {}

  /** An entry without effect has been passed. On the applying thread. */
  protected void advanced(LogPosition position) {}

  /** Everything was replaced by a checkpoint, and {@link #load} has run. */
  protected void installed(LogPosition position) {}

  protected final ShardStore store() {
    return store;
  }

  @Override
  public final LogPosition applied() {
    return applied;
  }

  @Override
  public final LogPosition durable() {
    return durable;
  }

  @Override
  public final @Nullable Object apply(
      LogPosition position, byte[] entry, @Nullable Object context) {
    requireNext(position);
    try {
      batch.clear();
      Object result = apply(position, entry, context, batch);
      write(position);
      written(position);
      return result;
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public final void advance(LogPosition position) {
    requireNext(position);
    try {
      batch.clear();
      write(position);
      advanced(position);
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    }
  }

  private void write(LogPosition position) {
    putPosition(batch, position);
    store.write(batch);
    long written = writtenBytes + batch.bytes();
    writtenBytes = written;
    applied = position;
  }

  /** Half an entry may be in memory after a failure, and no entry may take effect twice. */
  private void requireNext(LogPosition position) {
    if (failure != null) {
      throw new IllegalStateException(
          "an earlier entry or checkpoint could not be applied", failure);
    }
    if (position.index() <= applied.index()) {
      throw new IllegalStateException(
          "log position " + position + " came again: everything up to " + applied + " is applied");
    }
  }

  @Override
  public final LogPosition flush() {
    LogPosition reached;
    long before;
    long written;
    synchronized (durability) {
      // In this order, so that no more bytes are counted than the position stands for.
      written = writtenBytes;
      reached = applied;
      before = generation;
    }
    if (reached.index() > durable.index()) {
      store.flush();
    }
    synchronized (durability) {
      if (generation == before && reached.index() > durable.index()) {
        durable = reached;
      }
      flushedBytes = Math.max(flushedBytes, written);
      return durable;
    }
  }

  /**
   * What a scheduler of flushes needs to know of this machine.
   *
   * @param name for logs
   * @param nanoClock the scheduler's clock
   */
  public final Flushable flushable(String name, LongSupplier nanoClock) {
    return new MachineFlushing(this, name, nanoClock);
  }

  /** Bytes written since the last {@link #flush} began: what a crash would make replay. */
  final long bytesToReplay() {
    return Math.max(0, writtenBytes - flushedBytes);
  }

  @Override
  public final LogPosition checkpoint(Path directory) {
    store.checkpoint(directory);
    // Entries are applied meanwhile, so only the copy itself knows how far it has come.
    return positionOf(directory);
  }

  @Override
  public final void install(Path directory) {
    LogPosition installed = positionOf(directory);
    if (installed.index() < applied.index()) {
      throw new IllegalStateException(
          "a checkpoint at " + installed + " is older than what is applied here, " + applied);
    }
    // Until memory follows from the new rows, nothing may be applied: it would be computed from the
    // old ones.
    failure = new IllegalStateException("the checkpoint at " + installed + " is not installed");
    long beginning = generation + 1;
    synchronized (durability) {
      // Before the swap: whoever reads a row of the checkpoint finds that it has changed.
      generation = beginning;
      swap.accept(directory);
      durable = installed;
      applied = installed;
      flushedBytes = writtenBytes;
    }
    try (ReadView view = store.latest()) {
      load(view, installed);
    }
    generation = beginning + 1;
    failure = null;
    installed(installed);
  }

  /**
   * Tells a reader of the store whether everything was replaced while it read: it has not been if
   * this is even before the reader takes a view, and still the same after it has read. What is in
   * memory then belongs to what it has read; otherwise only the rows of its own view do.
   */
  public final long generation() {
    return generation;
  }

  private LogPosition positionOf(Path directory) {
    try (ShardStore copy = engine.open(directory);
        ReadView view = copy.latest()) {
      return position(view);
    }
  }

  static LogPosition position(ReadView view) {
    byte[] row = view.get(KeySpace.SYSTEM, APPLIED);
    if (row == null) {
      return LogPosition.NONE;
    }
    if (row.length != APPLIED_BYTES || row[0] != FORMAT) {
      throw new HengeException(
          ErrorCode.CORRUPTION,
          "the store's applied position is damaged or of a newer format (format byte "
              + (row.length == 0 ? "missing" : row[0] + ", known: " + FORMAT)
              + "): use a newer Henge, or let this replica be built again from the others");
    }
    ByteBuffer buffer = ByteBuffer.wrap(row, 1, 2 * Long.BYTES);
    return new LogPosition(buffer.getLong(), buffer.getLong());
  }

  static void putPosition(WriteRows rows, LogPosition position) {
    rows.put(KeySpace.SYSTEM, APPLIED, encode(position));
  }

  private static byte[] encode(LogPosition position) {
    return ByteBuffer.allocate(APPLIED_BYTES)
        .put(FORMAT)
        .putLong(position.term())
        .putLong(position.index())
        .array();
  }

  /** The process is to look as if it had died: {@link #close} will not flush. For tests. */
  public final void abandon() {
    abandoned = true;
  }

  /** Flushes if it can, so that the next start has little to replay, and closes the store. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (failure == null && !abandoned) {
        flush();
      }
    } catch (RuntimeException e) {
      LOG.warn("could not flush at close; the log will be replayed from {}", durable, e);
    } finally {
      batch.close();
      store.close();
    }
  }
}
