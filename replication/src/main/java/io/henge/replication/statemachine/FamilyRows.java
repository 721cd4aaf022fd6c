package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The INDEX rows of LIST, COUNT and SUM rules: a {@link FamilyTotal} for each holder, or for each
 * member that a list could have a row without a value, whose key is the list's order:
 *
 * <pre>
 *   token, sharding key, 00 | rule id (4) | holder's sort key | {@link ListOrder} of the source's value | source's sort key
 * </pre>
 *
 * Of the applying thread.
 */
final class FamilyRows {
  /** What fills and dropping are at: of BUILDING ones documents of the source. */
  private static final int SOURCES = 1;

  /** The same: holders. All rows are there, or gone. */
  private static final int HOLDERS = 2;

  private static final byte[] NO_VALUE = new byte[0];

  private final Derivation derivation;
  private final DerivedRows rows;

  FamilyRows(Derivation derivation) {
    this.derivation = derivation;
    this.rows = derivation.rows();
  }

  // ---- How far a rule is ----

  /** Whether a source is in the rows of a rule. */
  static boolean isCounted(@Nullable DerivedState state, byte[] sourceKey) {
    if (state == null || !state.isKept()) {
      return false;
    }
    if (state.phase() == DerivedState.Phase.READY || isAtHolders(state)) {
      return true;
    }
    byte[] position = state.position();
    return position.length > 0
        && Arrays.compareUnsigned(sourceKey, 0, sourceKey.length, position, 1, position.length)
            <= 0;
  }

  /** Whether a rule's rows are whole, so that holders can have what they say. */
  static boolean isWhole(@Nullable DerivedState state) {
    return state != null
        && (state.phase() == DerivedState.Phase.READY
            || (state.phase() == DerivedState.Phase.BUILDING && isAtHolders(state)));
  }

  static boolean isAtHolders(DerivedState state) {
    return state.position().length > 0 && state.position()[0] == HOLDERS;
  }

  static byte[] atSources(byte[] key) {
    return position(SOURCES, key);
  }

  static byte[] atHolders(byte[] key) {
    return position(HOLDERS, key);
  }

  private static byte[] position(int part, byte[] key) {
    byte[] position = new byte[1 + key.length];
    position[0] = (byte) part;
    System.arraycopy(key, 0, position, 1, key.length);
    return position;
  }

  /** The key in a position; empty at the beginning. */
  static byte[] key(byte[] position) {
    return position.length == 0 ? position : Arrays.copyOfRange(position, 1, position.length);
  }

  // ---- Totals ----

  FamilyTotal total(FamilyRule rule, byte[] holderKey) {
    byte[] row = rows.get(KeySpace.INDEX, rule.row(holderKey));
    return row == null ? FamilyTotal.NONE : FamilyTotal.decode(row);
  }

  void put(FamilyRule rule, byte[] holderKey, FamilyTotal total) {
    byte[] key = rule.row(holderKey);
    if (total.isNone()) {
      rows.delete(KeySpace.INDEX, key);
    } else {
      rows.put(KeySpace.INDEX, key, total.encode());
    }
  }

  // ---- Lists ----

  /** The row of a member that a list could have. */
  static byte[] member(FamilyRule rule, byte[] holderKey, byte[] sourceKey, PathReader source) {
    byte[] prefix = rule.row(holderKey);
    int sort = PhysicalKey.endOfShardingKey(sourceKey) + 1 + Integer.BYTES;
    ByteWriter out = new ByteWriter(prefix.length + sourceKey.length + 16);
    out.raw(prefix);
    ListOrder.write(out, rule.by(source));
    out.raw(Arrays.copyOfRange(sourceKey, sort, sourceKey.length));
    return out.toBytes();
  }

  void addMember(byte[] row) {
    rows.put(KeySpace.INDEX, row, NO_VALUE);
  }

  void removeMember(byte[] row) {
    rows.delete(KeySpace.INDEX, row);
  }

  /** Rows of the members that a list has: the last ones, in order. */
  List<byte[]> members(FamilyRule rule, byte[] holderKey) {
    return membersFrom(rule, holderKey, NO_VALUE).rows();
  }

  /**
   * Rows at the end of a list, in order.
   *
   * @param isWhole whether they are all of the list's
   */
  record Tail(List<byte[]> rows, boolean isWhole) {}

  /** Those from a row on. Walking backwards is dear in a store: so no further than is needed. */
  Tail membersFrom(FamilyRule rule, byte[] holderKey, byte[] lowest) {
    byte[] prefix = rule.row(holderKey);
    List<byte[]> members = new ArrayList<>();
    boolean whole = true;
    try (RowCursor cursor =
        rows.scan(KeySpace.INDEX, prefix, PhysicalKey.endOfPrefix(prefix), true)) {
      while (whole && members.size() < rule.last() && cursor.next()) {
        byte[] row = cursor.key();
        whole = Arrays.compareUnsigned(row, lowest) >= 0;
        if (whole) {
          members.add(row);
        }
      }
    }
    Collections.reverse(members);
    return new Tail(members, whole);
  }

  /** Physical key of the source that a member's row is of. */
  static byte @Nullable [] source(FamilyRule rule, byte[] prefix, byte[] row) {
    int value = ListOrder.end(row, prefix.length);
    if (value < 0 || value > row.length) {
      return null;
    }
    int head = PhysicalKey.endOfShardingKey(prefix) + 1 + Integer.BYTES;
    byte[] key = Arrays.copyOf(prefix, head + row.length - value);
    ByteBuffer.wrap(key).putInt(head - Integer.BYTES, rule.sourceId());
    System.arraycopy(row, value, key, head, row.length - value);
    return key;
  }

  // ---- What a holder has ----

  /**
   * What rows say of a holder.
   *
   * @param before what its list was before its sources changed; null if that is not known
   */
  JsonValue copy(FamilyRule rule, byte[] holderKey, @Nullable ListBefore before) {
    if (!rule.isList()) {
      FamilyTotal total = total(rule, holderKey);
      return rule.rule().kind() == CopyRule.Kind.COUNT
          ? JsonNumber.of(total.count())
          : JsonNumber.of(total.sum());
    }
    byte[] prefix = rule.row(holderKey);
    List<byte[]> now =
        before == null ? null : before.now(rule.last(), prefix, row -> isMember(row));
    List<JsonValue> list = new ArrayList<>();
    if (before != null && now != null) {
      list.addAll(before.below());
    }
    for (byte[] row : now == null ? members(rule, holderKey) : now) {
      JsonValue member = before == null ? null : before.member(row);
      if (member == null) {
        byte[] key = source(rule, prefix, row);
        byte[] source = key == null ? null : bytes(key);
        member = source == null ? null : rule.member(new DocumentReader(source));
      }
      if (member != null) {
        // A row without its document is damage, for a repair to find; no reason to stop.
        list.add(member);
      }
    }
    int more = Math.max(0, list.size() - rule.last());
    return JsonArray.of(list.subList(more, list.size()));
  }

  private boolean isMember(byte[] row) {
    return rows.get(KeySpace.INDEX, row) != null;
  }

  /** A document as it is now. */
  @Nullable JsonObject document(byte[] key) {
    byte[] bytes = bytes(key);
    return bytes == null ? null : DocumentCodec.decode(bytes);
  }

  private byte @Nullable [] bytes(byte[] key) {
    StoredItem item = derivation.read(key);
    return item != null && item.value() instanceof Value.Document document
        ? document.bytes()
        : null;
  }

  /** A map by the content of keys. */
  static <T> NavigableMap<byte[], T> byKey() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }
}
