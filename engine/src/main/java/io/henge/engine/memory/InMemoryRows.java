package io.henge.engine.memory;

import io.henge.engine.KeySpace;
import io.henge.engine.WriteRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch: the changes in their order. */
final class InMemoryRows implements WriteRows {
  /** One change: a put, a delete (no value) or the delete of a range (an end). */
  private record Change(byte[] key, byte @Nullable [] value, byte @Nullable [] end) {}

  private final List<Change> changes = new ArrayList<>();
  private long bytes;
  private boolean closed;

  @Override
  public void put(KeySpace space, byte[] key, byte[] value) {
    add(new Change(key(space, key), value, null), key.length + value.length);
  }

  @Override
  public void delete(KeySpace space, byte[] key) {
    add(new Change(key(space, key), null, null), key.length);
  }

  @Override
  public void deleteRange(KeySpace space, byte[] from, byte[] to) {
    byte[] low = key(space, from);
    byte[] high = end(space, to);
    if (Arrays.compareUnsigned(low, high) < 0) {
      add(new Change(low, null, high), from.length + to.length);
    }
  }

  private void add(Change change, long size) {
    if (closed) {
      throw new IllegalStateException("the batch is closed");
    }
    changes.add(change);
    bytes += size;
  }

  RowTree.@Nullable Node applyTo(RowTree.@Nullable Node tree) {
    if (closed) {
      throw new IllegalStateException("the batch is closed");
    }
    RowTree.Node result = tree;
    for (Change change : changes) {
      if (change.value != null) {
        result = RowTree.put(result, change.key, change.value);
      } else if (change.end != null) {
        result = RowTree.removeRange(result, change.key, change.end);
      } else {
        result = RowTree.remove(result, change.key);
      }
    }
    return result;
  }

  @Override
  public int count() {
    return changes.size();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void clear() {
    changes.clear();
    bytes = 0;
  }

  @Override
  public void close() {
    closed = true;
    clear();
  }

  static byte[] key(KeySpace space, byte[] key) {
    byte[] full = new byte[key.length + 1];
    full[0] = space.code();
    System.arraycopy(key, 0, full, 1, key.length);
    return full;
  }

  /** The exclusive end of a range; an empty {@code to} is the end of the key space. */
  static byte[] end(KeySpace space, byte[] to) {
    return to.length == 0 ? new byte[] {(byte) (space.code() + 1)} : key(space, to);
  }
}
