package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Applies REPAIR: makes everything in a family what its documents say, as they are when the entry
 * is applied, whatever somebody has seen before. Holders are written whole, and all rows are put,
 * also those that seem right here: what was damaged on one replica only is equal on all thereafter.
 * Of the applying thread.
 */
final class FamilyMender {
  /** Most families that one entry mends. Part of the format. */
  static final int FAMILIES_MAX = 16;

  private final EntryReads reads;
  private final Overlay overlay;
  private final Derivation derivation;
  private final Failure failure = new Failure();
  private long version;

  FamilyMender(EntryReads reads, Overlay overlay, Derivation derivation) {
    this.reads = reads;
    this.overlay = overlay;
    this.derivation = derivation;
  }

  /**
   * Mends families.
   *
   * @param families what all keys of each begin with
   * @return how many were mended: those in range, and not too large
   */
  int apply(List<byte[]> families, ShardState before, long nowMillis) {
    version = before.version();
    ShardDescription shard = before.shard();
    if (shard == null || before.reshaping().isFrozen()) {
      return 0;
    }
    int mended = 0;
    for (int i = 0; i < families.size() && i < FAMILIES_MAX; i++) {
      byte[] family = families.get(i);
      if (isFamily(family) && shard.contains(family) && mend(family, before, nowMillis)) {
        mended++;
      }
    }
    return mended;
  }

  /** The shard's version after the entry. */
  long version() {
    return version;
  }

  /** Whether bytes can be what all keys of a family begin with. */
  static boolean isFamily(byte[] prefix) {
    return prefix.length > PhysicalKey.TOKEN_BYTES
        && prefix.length <= ApplyLimits.KEY_BYTES_MAX
        && PhysicalKey.endOfShardingKey(prefix) == prefix.length - 1;
  }

  private boolean mend(byte[] family, ShardState before, long nowMillis) {
    byte[] end = PhysicalKey.endOfPrefix(family);
    FamilyReader reader = new FamilyReader();
    for (byte[] key : keys(family, end)) {
      if (!reader.add(key, derivation.read(key))) {
        return false;
      }
    }
    FamilyExpectation expected =
        new FamilyExpectation(before.catalogue(), before.derived(), reader.documents());
    derivation.sources().beginLearned();
    boolean derived =
        derivation.repair(
            () -> {
              version = MutationEvaluator.nextVersion(version, nowMillis);
              return version;
            },
            failure,
            () -> setHolders(expected));
    if (!derived) {
      overlay.rollBack();
      derivation.rows().rollBack();
      return false;
    }
    setRows(expected, family, end);
    overlay.commit();
    derivation.rows().commit();
    return true;
  }

  private List<byte[]> keys(byte[] family, byte[] end) {
    List<byte[]> keys = new ArrayList<>();
    try (RowCursor cursor = reads.view().scan(KeySpace.DATA, family, end, false)) {
      while (cursor.next() && keys.size() <= FamilyReader.DOCUMENTS_MAX) {
        keys.add(cursor.key());
      }
    }
    return keys;
  }

  private void setHolders(FamilyExpectation expected) {
    for (Map.Entry<byte[], JsonObject> each : expected.documents().entrySet()) {
      if (!expected.rulesOf(each.getKey()).isEmpty()) {
        derivation.set(each.getKey(), each.getValue());
      }
    }
  }

  private void setRows(FamilyExpectation expected, byte[] family, byte[] end) {
    DerivedRows rows = derivation.rows();
    List<byte[]> stray = new ArrayList<>();
    try (RowCursor cursor = rows.scan(KeySpace.INDEX, family, end, false)) {
      while (cursor.next()) {
        byte[] row = cursor.key();
        if (expected.speaksOf(FamilyExpectation.idOf(row)) && !expected.rows().containsKey(row)) {
          stray.add(row);
        }
      }
    }
    stray.forEach(row -> rows.delete(KeySpace.INDEX, row));
    expected.rows().forEach((row, value) -> rows.put(KeySpace.INDEX, row, value));
  }
}
