package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentReader;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts the index rows of documents that are there already, and takes those of a dropped index. */
final class IndexFiller implements Filler {
  @Override
  public @Nullable DerivedState fill(DerivedState state, Filling filling) {
    return state.phase() == DerivedState.Phase.BUILDING
        ? build(state, filling)
        : drop(state, filling);
  }

  private static DerivedState build(DerivedState state, Filling filling) {
    Indexed index = filling.shard().catalogue().index(state.collectionId(), state.id());
    if (index == null) {
      throw new IllegalStateException("what is not in the catalogue is being dropped");
    }
    byte[][] failedAt = {null};
    byte[] position =
        filling.forEachDocument(
            state.position(),
            state.collectionId(),
            (key, document) -> {
              List<byte[]> rows = index.rows(key, new DocumentReader(document));
              if (rows == null) {
                failedAt[0] = key;
                return false;
              }
              for (byte[] row : rows) {
                filling.rows().put(KeySpace.INDEX, row, Indexed.row());
              }
              return true;
            });
    byte[] key = failedAt[0];
    if (key != null) {
      return state.failedAt(key);
    }
    return position == null ? state.in(DerivedState.Phase.READY) : state.at(position);
  }

  /** The position is the last row looked at. */
  private static @Nullable DerivedState drop(DerivedState state, Filling filling) {
    ShardDescription range = filling.range();
    byte[] from =
        range.later(state.position().length == 0 ? new byte[0] : Filling.next(state.position()));
    if (ShardDescription.isEmpty(from, range.end())) {
      return null;
    }
    byte[] last = state.position();
    int seen = 0;
    try (RowCursor cursor = filling.rows().scan(KeySpace.INDEX, from, range.end(), false)) {
      while (cursor.next()) {
        if (seen == Filling.ROWS_MAX) {
          return state.at(last);
        }
        seen++;
        byte[] row = cursor.key();
        int end = PhysicalKey.endOfShardingKey(row);
        if (ByteBuffer.wrap(row).getInt(end + 1) == state.id()) {
          filling.rows().delete(KeySpace.INDEX, row);
        }
        last = row;
      }
    }
    return null;
  }
}
