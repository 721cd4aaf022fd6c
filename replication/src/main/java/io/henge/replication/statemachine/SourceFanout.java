package io.henge.replication.statemachine;

import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Notes, in the batch of a source's change, that it has to be sent to those who watch it: only if
 * somebody does, and only if a field has changed that is copied.
 */
final class SourceFanout implements DeriveStep {
  @Override
  public boolean derive(Derivation derivation) {
    FollowPlan plan = derivation.shard().catalogue().follow();
    if (plan.isEmpty()) {
      return true;
    }
    int count = derivation.count();
    for (int i = 0; i < count; i++) {
      DocumentChange change = derivation.change(i);
      for (FollowRule rule : plan.ofSource(change.collection().info().id())) {
        derive(derivation, change, rule);
      }
    }
    return true;
  }

  private static void derive(Derivation derivation, DocumentChange change, FollowRule rule) {
    byte[] row = FollowRows.watch(rule.id(), change.key());
    DerivedRows rows = derivation.rows();
    if (rows.get(KeySpace.WATCHES, row) == null
        || Arrays.equals(fields(rule, change.before()), fields(rule, change.after()))) {
      return;
    }
    // A document that is gone has no version: that of its deletion is the shard's, or a later one.
    long version = change.exists() ? change.version() : derivation.nextVersion();
    byte[] waiting = rows.get(KeySpace.FANOUT, row);
    long since = waiting == null ? version : FollowRows.Fanout.decode(waiting).since();
    rows.put(KeySpace.FANOUT, row, new FollowRows.Fanout(version, since).encode());
  }

  private static byte @Nullable [] fields(FollowRule rule, @Nullable JsonObject document) {
    return document == null ? null : rule.fieldsOf(document);
  }
}
