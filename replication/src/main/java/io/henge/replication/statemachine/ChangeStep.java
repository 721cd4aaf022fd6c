package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.engine.KeySpace;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows of CHANGES for collections that keep them: one for each document that a command, or
 * the sweep, has changed, as it was before and as it is in the end. What nobody could ever see, in
 * the middle of a command, is no change.
 */
final class ChangeStep implements DeriveStep {
  @Override
  public boolean derive(Derivation derivation) {
    long gone = 0;
    for (int i = 0; i < derivation.count(); i++) {
      DocumentChange change = derivation.change(i);
      Derived derived = change.collection().derived();
      ChangesInfo wanted = derived == null ? null : derived.changes();
      if (wanted == null || (!change.exists() && !change.existed())) {
        continue;
      }
      if (!change.exists() && gone == 0) {
        gone = derivation.nextVersion();
      }
      put(derivation, change, wanted, change.exists() ? change.version() : gone);
    }
    return true;
  }

  private static void put(
      Derivation derivation, DocumentChange change, ChangesInfo wanted, long version) {
    byte[] rowKey = ChangeRow.rowKey(version, change.key());
    StoredItem before = wanted.before() ? before(derivation, change, rowKey) : null;
    ChangeRow.Kind kind =
        change.exists()
            ? ChangeRow.Kind.PUT
            : derivation.isSweep() ? ChangeRow.Kind.EXPIRE : ChangeRow.Kind.DELETE;
    ChangeRow row = new ChangeRow(kind, version, change.key(), after(change), before);
    derivation.rows().put(KeySpace.CHANGES, rowKey, row.encode());
  }

  private static @Nullable StoredItem after(DocumentChange change) {
    byte[] bytes = change.afterBytes();
    return bytes == null
        ? null
        : new StoredItem(
            change.key(), new Value.Document(bytes), change.version(), change.expiresAtMillis());
  }

  /** A sweep has one version: what it changes twice was before as it was before the first time. */
  private static @Nullable StoredItem before(
      Derivation derivation, DocumentChange change, byte[] rowKey) {
    byte[] earlier = derivation.isSweep() ? derivation.rows().get(KeySpace.CHANGES, rowKey) : null;
    if (earlier != null) {
      return ChangeRow.decode(rowKey, earlier).before();
    }
    byte[] bytes = change.beforeBytes();
    return bytes == null
        ? null
        : new StoredItem(
            change.key(),
            new Value.Document(bytes),
            change.versionBefore(),
            change.expiresAtMillisBefore());
  }
}
