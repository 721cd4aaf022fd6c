package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Compares families with what their documents say, in one consistent view. So it never sees a write
 * half done, and what it finds is wrong. A page ends when enough was looked at.
 */
public final class Verifier {
  /** Most differences of a page; the family that has more of them is mended as a whole anyway. */
  public static final int DIFFERENCES_MAX = 100;

  /** Most families that one entry mends. */
  public static final int FAMILIES_MENDED_MAX = FamilyMender.FAMILIES_MAX;

  private static final byte[] NONE = {};

  private final ReadView view;
  private final ShardDescription shard;
  private final Catalogue catalogue;
  private final DerivedStates states;
  private final int collectionId;
  private final List<Difference> differences = new ArrayList<>();
  private final List<byte[]> damaged = new ArrayList<>();
  private long documents;
  private long bytes;
  private long rows;
  private long skipped;

  private Verifier(ReadView view, ShardDescription shard, int collectionId) {
    this.view = view;
    this.shard = shard;
    this.catalogue = SystemRows.catalogue(view);
    this.states = SystemRows.derived(view);
    this.collectionId = collectionId;
  }

  /**
   * Looks at some families.
   *
   * @param view a snapshot
   * @param from physical key to begin at, in the shard's range
   * @param collectionId only its indexes, and rules whose holder or source it is; 0 = all
   * @param documentsMax about so many documents, and at least a family
   * @param bytesMax about so many bytes of them
   * @throws HengeException WRONG_SHARD if it does not begin in the shard's range
   */
  public static VerifyPage page(
      ReadView view, byte[] from, int collectionId, int documentsMax, long bytesMax) {
    ShardDescription shard = SystemRows.shard(view);
    if (shard == null || !shard.contains(from)) {
      throw new HengeException(
          ErrorCode.WRONG_SHARD, "what is to be verified begins beyond the shard");
    }
    return new Verifier(view, shard, collectionId).run(from, documentsMax, bytesMax);
  }

  private VerifyPage run(byte[] from, int documentsMax, long bytesMax) {
    byte[] position = from;
    boolean anything = !states.isEmpty();
    while (anything) {
      byte[] family = firstFamily(position);
      if (family == null) {
        break;
      }
      compare(family);
      position = PhysicalKey.endOfPrefix(family);
      if (documents >= documentsMax
          || bytes >= bytesMax
          || rows >= 4L * documentsMax
          || differences.size() >= DIFFERENCES_MAX) {
        return page(position);
      }
    }
    return page(shard.end().length == 0 ? null : shard.end());
  }

  private VerifyPage page(byte @Nullable [] next) {
    return new VerifyPage(documents, rows, skipped, differences, damaged, next);
  }

  /** What the keys of the next family begin with, whether it has documents or only rows. */
  private byte @Nullable [] firstFamily(byte[] position) {
    byte[] ofData = firstFamily(KeySpace.DATA, position);
    byte[] ofRows = firstFamily(KeySpace.INDEX, position);
    if (ofData == null || ofRows == null) {
      return ofData == null ? ofRows : ofData;
    }
    return Arrays.compareUnsigned(ofData, ofRows) <= 0 ? ofData : ofRows;
  }

  private byte @Nullable [] firstFamily(KeySpace space, byte[] position) {
    try (RowCursor cursor = view.scan(space, position, shard.end(), false)) {
      if (!cursor.next()) {
        return null;
      }
      byte[] key = cursor.key();
      return Arrays.copyOf(key, PhysicalKey.endOfShardingKey(key) + 1);
    }
  }

  private void compare(byte[] family) {
    byte[] end = PhysicalKey.endOfPrefix(family);
    FamilyReader reader = new FamilyReader();
    try (RowCursor cursor = view.scan(KeySpace.DATA, family, end, false)) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        if (!reader.add(key, ItemCodec.decode(key, cursor.value()))) {
          skipped++;
          return;
        }
      }
    }
    documents += reader.documents().size();
    bytes += reader.bytes();
    int before = differences.size();
    FamilyExpectation expected = new FamilyExpectation(catalogue, states, reader.documents());
    compareRows(expected, family, end);
    for (Map.Entry<byte[], JsonObject> each : reader.documents().entrySet()) {
      compareFields(expected, each.getKey(), each.getValue());
    }
    if (differences.size() > before) {
      damaged.add(family);
    }
  }

  private void compareRows(FamilyExpectation expected, byte[] family, byte[] end) {
    var missing = new java.util.TreeMap<byte[], byte[]>(Arrays::compareUnsigned);
    missing.putAll(expected.rows());
    try (RowCursor cursor = view.scan(KeySpace.INDEX, family, end, false)) {
      while (cursor.next()) {
        byte[] row = cursor.key();
        int id = FamilyExpectation.idOf(row);
        if (!expected.speaksOf(id)) {
          continue;
        }
        rows++;
        boolean there = missing.remove(row) != null;
        if (!expected.isRight(row, cursor.value())) {
          note(there ? Difference.Kind.ROW_WRONG : Difference.Kind.ROW_STRAY, id, row);
        }
      }
    }
    missing
        .keySet()
        .forEach(row -> note(Difference.Kind.ROW_MISSING, FamilyExpectation.idOf(row), row));
  }

  private void compareFields(FamilyExpectation expected, byte[] key, JsonObject found) {
    JsonObject right = expected.documents().get(key);
    if (right == null || right.equals(found)) {
      return;
    }
    for (FamilyRule rule : expected.rulesOf(key)) {
      if (!Objects.equals(rule.copyIn(right), rule.copyIn(found))) {
        note(Difference.Kind.FIELD_WRONG, rule.id(), key);
      }
    }
  }

  private void note(Difference.Kind kind, int id, byte[] key) {
    if (concerns(id)) {
      differences.add(new Difference(kind, id, key.length == 0 ? NONE : key));
    }
  }

  private boolean concerns(int id) {
    if (collectionId == 0) {
      return true;
    }
    FamilyRule rule = catalogue.families().rule(id);
    if (rule != null) {
      return rule.holderId() == collectionId || rule.sourceId() == collectionId;
    }
    DerivedState state = states.find(id);
    return state != null && state.collectionId() == collectionId;
  }
}
