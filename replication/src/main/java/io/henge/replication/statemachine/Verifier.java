package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares families with what their documents say, in one consistent view. So it never sees a write
 * half done, and what it finds is wrong. A page ends when enough was looked at; a family of more
 * than a page is gone through in several, each in a view of its own: {@link LargeFamily}.
 */
public final class Verifier {
  /** Most differences of a page; the family that has more of them is mended as a whole anyway. */
  public static final int DIFFERENCES_MAX = 100;

  /** Most families that one entry mends. */
  public static final int FAMILIES_MENDED_MAX = FamilyMender.FAMILIES_MAX;

  /** Most parts of large families that one entry mends. */
  public static final int PARTS_MENDED_MAX = PartsMender.PARTS_MAX;

  /** Most totals that one entry counts anew. */
  public static final int RECOUNTED_MAX = Recounter.TARGETS_MAX;

  /** A part of a recount has so many documents at most; apply takes more, if more come. */
  private static final int RECOUNTED_DOCUMENTS = 500;

  private static final long RECOUNTED_BYTES = 512 << 10;

  private final ReadView view;
  private final ShardDescription shard;
  private final VerifyScope scope;
  private final Size whole;
  private final Findings findings;

  /**
   * A family of more is a large one.
   *
   * @param documents at most {@link FamilyReader#DOCUMENTS_MAX}
   * @param bytes of them, at most {@link FamilyReader#BYTES_MAX}
   */
  record Size(int documents, long bytes) {
    static final Size DEFAULT = new Size(2_000, 4 << 20);
  }

  private Verifier(
      ReadView view, ShardDescription shard, VerifyScope scope, Size whole, Findings findings) {
    this.view = view;
    this.shard = shard;
    this.scope = scope;
    this.whole = whole;
    this.findings = findings;
  }

  /**
   * Looks at some families.
   *
   * @param view a snapshot
   * @param from physical key to begin at, in the shard's range, or where a page ended
   * @param collectionId only its indexes, and rules whose holder or source it is; 0 = all
   * @param documentsMax about so many documents, and at least a family that is looked at as a whole
   * @param bytesMax about so many bytes of them
   * @throws HengeException WRONG_SHARD if it does not begin in the shard's range
   */
  public static VerifyPage page(
      ReadView view, byte[] from, int collectionId, int documentsMax, long bytesMax) {
    return page(view, from, collectionId, documentsMax, bytesMax, Size.DEFAULT);
  }

  /** The same, with another opinion of what is large. */
  static VerifyPage page(
      ReadView view, byte[] from, int collectionId, int documentsMax, long bytesMax, Size whole) {
    ShardDescription shard = SystemRows.shard(view);
    if (shard == null || !shard.contains(from)) {
      throw new HengeException(
          ErrorCode.WRONG_SHARD, "what is to be verified begins beyond the shard");
    }
    VerifyScope scope = scope(view, collectionId);
    Findings findings = new Findings(scope, documentsMax, bytesMax);
    return new Verifier(view, shard, scope, whole, findings).run(from);
  }

  /**
   * Compares totals of a large family.
   *
   * @param view a snapshot, which the pass closes
   * @param place {@link VerifyPage#pass}
   */
  public static TotalsScan totals(ReadView view, FamilyPlace place, int collectionId) {
    return totals(view, place, collectionId, TotalsScan.Limits.DEFAULT);
  }

  /** The same, with other slices. */
  static TotalsScan totals(
      ReadView view, FamilyPlace place, int collectionId, TotalsScan.Limits limits) {
    return new TotalsScan(view, scope(view, collectionId), place, limits);
  }

  /**
   * Where a part of a recount is to end.
   *
   * @param family what all its keys begin with
   * @param sourceId collection of the sources
   * @param from key of the last source that was counted; empty = none
   * @return key of the part's last source; empty = it is the last part
   */
  public static byte[] recountedTo(ReadView view, byte[] family, int sourceId, byte[] from) {
    return recountedTo(view, family, sourceId, from, RECOUNTED_DOCUMENTS);
  }

  /** The same, with another opinion of how many documents a part may have. */
  static byte[] recountedTo(
      ReadView view, byte[] family, int sourceId, byte[] from, int documentsMax) {
    byte[] prefix = DocumentRows.prefix(family, sourceId);
    byte[] start = from.length == 0 ? prefix : Filling.next(from);
    int documents = 0;
    long bytes = 0;
    byte[] last = from;
    try (RowCursor cursor =
        view.scan(KeySpace.DATA, start, PhysicalKey.endOfPrefix(prefix), false)) {
      while (cursor.next()) {
        if (documents >= documentsMax || bytes >= RECOUNTED_BYTES) {
          return last;
        }
        last = cursor.key();
        documents++;
        bytes += cursor.value().length;
      }
    }
    return new byte[0];
  }

  private static VerifyScope scope(ReadView view, int collectionId) {
    return new VerifyScope(SystemRows.catalogue(view), SystemRows.derived(view), collectionId);
  }

  private VerifyPage run(byte[] from) {
    byte[] position = from;
    FamilyPlace place = FamilyPlace.decode(from);
    boolean anything = !scope.states().isEmpty();
    while (anything) {
      byte[] family = place == null ? firstFamily(position) : place.family();
      if (family == null) {
        break;
      }
      if (place != null || !compare(family)) {
        LargeFamily large = new LargeFamily(view, scope, findings);
        FamilyPlace next = large.run(place == null ? FamilyPlace.start(family) : place);
        if (next != null) {
          return findings.page(large.needsPass(next) ? next : null, next.encode());
        }
        place = null;
      }
      position = PhysicalKey.endOfPrefix(family);
      if (findings.isFull()) {
        return findings.page(null, position);
      }
    }
    return findings.page(null, shard.end().length == 0 ? null : shard.end());
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

  /** False if the family is a large one. */
  private boolean compare(byte[] family) {
    byte[] end = PhysicalKey.endOfPrefix(family);
    FamilyReader reader = new FamilyReader(whole.documents(), whole.bytes());
    try (RowCursor cursor = view.scan(KeySpace.DATA, family, end, false)) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        if (!reader.add(key, ItemCodec.decode(key, cursor.value()))) {
          return false;
        }
      }
    }
    NavigableMap<byte[], JsonObject> documents = reader.documents();
    findings.documents(documents.size(), reader.bytes());
    int before = findings.count();
    FamilyExpectation expected =
        new FamilyExpectation(scope.catalogue(), scope.states(), documents);
    compareRows(expected, family, end);
    for (Map.Entry<byte[], JsonObject> each : documents.entrySet()) {
      compareFields(expected, each.getKey(), each.getValue());
    }
    if (findings.count() > before) {
      findings.damaged(family);
    }
    return true;
  }

  private void compareRows(FamilyExpectation expected, byte[] family, byte[] end) {
    var missing = new TreeMap<byte[], byte[]>(Arrays::compareUnsigned);
    missing.putAll(expected.rows());
    try (RowCursor cursor = view.scan(KeySpace.INDEX, family, end, false)) {
      while (cursor.next()) {
        byte[] row = cursor.key();
        int id = FamilyExpectation.idOf(row);
        if (!expected.speaksOf(id)) {
          continue;
        }
        findings.row();
        boolean there = missing.remove(row) != null;
        if (!expected.isRight(row, cursor.value())) {
          findings.note(there ? Difference.Kind.ROW_WRONG : Difference.Kind.ROW_STRAY, id, row);
        }
      }
    }
    missing
        .keySet()
        .forEach(
            row -> findings.note(Difference.Kind.ROW_MISSING, FamilyExpectation.idOf(row), row));
  }

  private void compareFields(FamilyExpectation expected, byte[] key, JsonObject found) {
    JsonObject right = expected.documents().get(key);
    if (right == null || right.equals(found)) {
      return;
    }
    for (FamilyRule rule : expected.rulesOf(key)) {
      if (!Objects.equals(rule.copyIn(right), rule.copyIn(found))) {
        findings.note(Difference.Kind.FIELD_WRONG, rule.id(), key);
      }
    }
  }
}
