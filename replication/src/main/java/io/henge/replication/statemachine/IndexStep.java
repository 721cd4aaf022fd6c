package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.document.index.IndexKeys;
import io.henge.document.path.PathReader;
import io.henge.engine.KeySpace;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the rows of indexes: those that a document gave before and does not give now go, the others
 * come. So while an index is built, a document that its fill has not reached may have some rows
 * already, but never one that it does not give.
 */
final class IndexStep implements DeriveStep {
  @Override
  public boolean derive(Derivation derivation) {
    for (int i = 0; i < derivation.count(); i++) {
      DocumentChange change = derivation.change(i);
      Derived derived = change.collection().derived();
      if (derived != null) {
        List<Indexed> indexes = derived.indexes();
        for (int k = 0; k < indexes.size(); k++) {
          Indexed index = indexes.get(k);
          if (derivation.states().isKept(index.id()) && !derive(derivation, change, index)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private static boolean derive(Derivation derivation, DocumentChange change, Indexed index) {
    List<byte[]> after = rows(index, change.key(), change.readerAfter());
    if (after == null) {
      if (derivation.isSweep()) {
        // A rule has made it so: that must not stop what nobody can be told of.
        DerivedState state = derivation.states().find(index.id());
        if (state != null) {
          derivation.change(state.failedAt(change.key()));
        }
        return true;
      }
      return derivation.fail(
          ErrorCode.INVALID_ARGUMENT,
          "index "
              + index.name()
              + " of collection "
              + change.collection().info().name()
              + ": a document has at most "
              + IndexKeys.ROWS_MAX
              + " rows in it, one for each combination of elements, and this one would have more");
    }
    List<byte[]> before = rows(index, change.key(), change.readerBefore());
    if (before == null) {
      // There before the index: the fill would have failed at it, so it has not reached it.
      before = List.of();
    }
    for (byte[] row : before) {
      if (!contains(after, row)) {
        derivation.rows().delete(KeySpace.INDEX, row);
      }
    }
    for (byte[] row : after) {
      if (!contains(before, row)) {
        derivation.rows().put(KeySpace.INDEX, row, Indexed.row());
      }
    }
    return true;
  }

  private static @Nullable List<byte[]> rows(
      Indexed index, byte[] key, @Nullable PathReader document) {
    return document == null ? List.of() : index.rows(key, document);
  }

  private static boolean contains(List<byte[]> rows, byte[] row) {
    for (int i = 0; i < rows.size(); i++) {
      if (Arrays.equals(rows.get(i), row)) {
        return true;
      }
    }
    return false;
  }
}
