package io.henge.engine.memory;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.UseGate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads from the tree that a supplier gives: always the same one, or the latest. */
final class InMemoryView implements ReadView {
  /** A tree, which may be empty (null). */
  interface Source extends Supplier<RowTree.@Nullable Node> {}

  private final Source source;
  private final UseGate gate;
  private boolean closed;

  /** Takes over a use of the gate. */
  InMemoryView(Source source, UseGate gate) {
    this.source = source;
    this.gate = gate;
  }

  @Override
  public byte @Nullable [] get(KeySpace space, byte[] key) {
    requireOpen(closed);
    byte[] value = RowTree.get(source.get(), InMemoryRows.key(space, key));
    return value == null ? null : value.clone();
  }

  @Override
  public byte @Nullable [] getIfCached(KeySpace space, byte[] key) {
    return get(space, key);
  }

  @Override
  public List<byte @Nullable []> multiGet(KeySpace space, List<byte[]> keys) {
    requireOpen(closed);
    List<byte @Nullable []> values = new ArrayList<>(keys.size());
    for (byte[] key : keys) {
      values.add(get(space, key));
    }
    return values;
  }

  @Override
  public RowCursor scan(KeySpace space, byte[] from, byte[] to, boolean reverse) {
    requireOpen(closed);
    gate.enterAgain();
    return new Cursor(
        source.get(), space, InMemoryRows.key(space, from), InMemoryRows.end(space, to), reverse);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      gate.leave();
    }
  }

  private static void requireOpen(boolean closed) {
    if (closed) {
      throw new IllegalStateException("used after it was closed");
    }
  }

  private final class Cursor implements RowCursor {
    private final RowTree.@Nullable Node tree;
    private final KeySpace space;
    private final byte[] low;
    private final byte[] high;
    private final boolean reverse;
    private RowTree.@Nullable Node row;
    private boolean begun;
    private boolean cursorClosed;

    Cursor(RowTree.@Nullable Node tree, KeySpace space, byte[] low, byte[] high, boolean reverse) {
      this.tree = tree;
      this.space = space;
      this.low = low;
      this.high = high;
      this.reverse = reverse;
    }

    @Override
    public boolean next() {
      requireOpen(cursorClosed);
      if (begun && row == null) {
        return false;
      }
      RowTree.Node at = row;
      begun = true;
      if (reverse) {
        row = RowTree.nearest(tree, at == null ? high : at.key, true);
      } else {
        // The smallest key above another one is that key with a zero byte after it.
        row =
            RowTree.nearest(
                tree, at == null ? low : Arrays.copyOf(at.key, at.key.length + 1), false);
      }
      return isInRange();
    }

    @Override
    public boolean seek(byte[] key) {
      requireOpen(cursorClosed);
      if (reverse) {
        throw new IllegalStateException("only a cursor that goes forwards can seek");
      }
      if (begun && row == null) {
        return false;
      }
      begun = true;
      byte[] from = InMemoryRows.key(space, key);
      row = RowTree.nearest(tree, Arrays.compareUnsigned(from, low) < 0 ? low : from, false);
      return isInRange();
    }

    private boolean isInRange() {
      RowTree.Node found = row;
      if (found != null
          && (Arrays.compareUnsigned(found.key, low) < 0
              || Arrays.compareUnsigned(found.key, high) >= 0)) {
        row = null;
      }
      return row != null;
    }

    @Override
    public byte[] key() {
      RowTree.Node at = current();
      return Arrays.copyOfRange(at.key, 1, at.key.length);
    }

    @Override
    public byte[] value() {
      return current().value.clone();
    }

    private RowTree.Node current() {
      requireOpen(cursorClosed);
      RowTree.Node at = row;
      if (at == null) {
        throw new NoSuchElementException("the cursor is at no row");
      }
      return at;
    }

    @Override
    public void close() {
      if (!cursorClosed) {
        cursorClosed = true;
        gate.leave();
      }
    }
  }
}
