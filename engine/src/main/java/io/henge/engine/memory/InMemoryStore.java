package io.henge.engine.memory;

import io.henge.engine.DurableFiles;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreFailedException;
import io.henge.engine.StoreFormat;
import io.henge.engine.StoreStatistics;
import io.henge.engine.UseGate;
import io.henge.engine.WriteRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One store: the tree of all rows, swapped as a whole by each write. */
final class InMemoryStore implements ShardStore {
  /** What readers see: the rows, and the bytes written since the store was opened. */
  private record State(RowTree.@Nullable Node tree, long written) {}

  private final Path directory;
  private final Runnable whenClosed;
  private final UseGate gate;
  private final Object writing = new Object();
  private final Object flushing = new Object();
  private final AtomicLong flushes = new AtomicLong();
  private volatile State state;
  private volatile long flushed;

  InMemoryStore(Path directory, RowTree.@Nullable Node tree, Runnable whenClosed) {
    this.directory = directory;
    this.whenClosed = whenClosed;
    this.gate = new UseGate("store " + directory);
    this.state = new State(tree, 0);
  }

  @Override
  public ReadView latest() {
    gate.enter();
    return new InMemoryView(() -> state.tree, gate);
  }

  @Override
  public ReadView snapshot() {
    gate.enter();
    RowTree.Node tree = state.tree;
    return new InMemoryView(() -> tree, gate);
  }

  @Override
  public WriteRows batch() {
    return new InMemoryRows();
  }

  @Override
  public void write(WriteRows batch) {
    gate.enter();
    try {
      synchronized (writing) {
        State before = state;
        state =
            new State(((InMemoryRows) batch).applyTo(before.tree), before.written + batch.bytes());
      }
    } finally {
      gate.leave();
    }
  }

  @Override
  public void flush() {
    gate.enter();
    try {
      synchronized (flushing) {
        State now = state;
        if (now.written != flushed) {
          RowsFile.write(directory, now.tree);
          flushed = now.written;
          flushes.incrementAndGet();
        }
      }
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot flush: " + e, e);
    } finally {
      gate.leave();
    }
  }

  @Override
  public long unflushedBytes() {
    gate.enter();
    try {
      return state.written - flushed;
    } finally {
      gate.leave();
    }
  }

  @Override
  public void checkpoint(Path target) {
    gate.enter();
    try {
      Path temporary = target.resolveSibling(target.getFileName() + ".tmp");
      DurableFiles.deleteTree(temporary);
      Files.createDirectory(temporary);
      RowsFile.write(temporary, state.tree);
      StoreFormat.stamp(temporary);
      if (Files.exists(target)) {
        throw new IllegalArgumentException(target + " exists");
      }
      DurableFiles.syncTree(temporary);
      DurableFiles.move(temporary, target);
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot write " + target + ": " + e, e);
    } finally {
      gate.leave();
    }
  }

  @Override
  public long approximateBytes(KeySpace space, byte[] from, byte[] to) {
    long bytes = 0;
    try (ReadView view = latest();
        RowCursor rows = view.scan(space, from, to, false)) {
      while (rows.next()) {
        bytes += rows.key().length + rows.value().length;
      }
    }
    return bytes;
  }

  /** {@inheritDoc} Here deleted rows take none. */
  @Override
  public void reclaim(KeySpace space, byte[] from, byte[] to) {
    gate.enter();
    gate.leave();
  }

  @Override
  public StoreStatistics statistics() {
    gate.enter();
    try {
      State now = state;
      return new StoreStatistics(
          RowTree.rows(now.tree),
          DurableFiles.bytes(directory),
          now.written - flushed,
          flushes.get(),
          0);
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot read sizes: " + e, e);
    } finally {
      gate.leave();
    }
  }

  /** {@inheritDoc} A second caller waits for the first: after either nothing is open. */
  @Override
  public synchronized void close() {
    if (gate.shutAndWait()) {
      whenClosed.run();
    }
  }
}
