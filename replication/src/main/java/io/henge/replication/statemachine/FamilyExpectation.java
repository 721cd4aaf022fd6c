package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What must stand in a family, computed from its documents alone: rows of indexes, of lists and
 * totals, and the fields that holders have from these. Only of those indexes and rules that are
 * READY. It knows nothing of how apply gets there: that is what it is good for.
 */
final class FamilyExpectation {
  private static final int RANKS = 17;

  private final Catalogue catalogue;
  private final FamilyPlan plan;
  private final DerivedStates states;

  /** Ids of the indexes and rules that it speaks of. */
  private final Set<Integer> ids = new HashSet<>();

  /** Documents as they should be. */
  private final NavigableMap<byte[], JsonObject> documents = map();

  /** Rows of INDEX that should be there. */
  private final NavigableMap<byte[], byte[]> rows = map();

  // By rule, then by holder.
  private final Map<Integer, NavigableMap<byte[], FamilyTotal>> totals = new HashMap<>();
  private final Map<Integer, NavigableMap<byte[], NavigableMap<byte[], byte[]>>> members =
      new HashMap<>();

  /**
   * Computes it.
   *
   * @param family all its documents, as they are
   */
  FamilyExpectation(
      Catalogue catalogue, DerivedStates states, NavigableMap<byte[], JsonObject> family) {
    this.catalogue = catalogue;
    this.plan = catalogue.families();
    this.states = states;
    documents.putAll(family);
    for (DerivedState state : states.all()) {
      if (state.phase() == DerivedState.Phase.READY) {
        note(state.id());
      }
    }
    for (int rank = 0; rank < RANKS && !plan.isEmpty(); rank++) {
      for (CollectionInfo info : catalogue.infos()) {
        if (plan.rank(info.id()) == rank) {
          settle(info.id());
          contribute(info.id());
        }
      }
    }
    totals.forEach(this::addTotals);
    members.forEach(
        (id, holders) ->
            holders.values().forEach(list -> list.keySet().forEach(row -> rows.put(row, NONE))));
    addIndexes();
  }

  private static final byte[] NONE = {};

  private static <T> NavigableMap<byte[], T> map() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }

  /** Followed copies and the like have no rows here. */
  private void note(int id) {
    FamilyRule rule = plan.rule(id);
    if (rule != null || isIndex(id)) {
      ids.add(id);
    }
  }

  private boolean isIndex(int id) {
    DerivedState state = states.find(id);
    return state != null && state.kind() == DerivedState.Kind.INDEX;
  }

  boolean isReady(FamilyRule rule) {
    return ids.contains(rule.id());
  }

  /** Whether it says which rows of an index or a rule there are. */
  boolean speaksOf(int id) {
    return ids.contains(id);
  }

  /** The index or rule that a row of INDEX belongs to. */
  static int idOf(byte[] row) {
    return ByteBuffer.wrap(row).getInt(PhysicalKey.endOfShardingKey(row) + 1);
  }

  NavigableMap<byte[], JsonObject> documents() {
    return documents;
  }

  NavigableMap<byte[], byte[]> rows() {
    return rows;
  }

  /** Rules whose copies a document has. */
  List<FamilyRule> rulesOf(byte[] key) {
    List<FamilyRule> ready = new ArrayList<>();
    for (FamilyRule rule : plan.ofHolder(PhysicalKey.collectionId(key))) {
      if (isReady(rule)) {
        ready.add(rule);
      }
    }
    return ready;
  }

  private void settle(int collection) {
    for (Map.Entry<byte[], JsonObject> each : documents.entrySet()) {
      if (PhysicalKey.collectionId(each.getKey()) == collection) {
        JsonObject holder = each.getValue();
        for (FamilyRule rule : rulesOf(each.getKey())) {
          holder = rule.withCopy(holder, copy(rule, each.getKey()));
        }
        each.setValue(holder);
      }
    }
  }

  private JsonValue copy(FamilyRule rule, byte[] holder) {
    if (!rule.isList()) {
      FamilyTotal total =
          totals.getOrDefault(rule.id(), map()).getOrDefault(holder, FamilyTotal.NONE);
      return rule.rule().kind() == CopyRule.Kind.COUNT
          ? JsonNumber.of(total.count())
          : JsonNumber.of(total.sum());
    }
    NavigableMap<byte[], byte[]> list =
        members.getOrDefault(rule.id(), map()).getOrDefault(holder, map());
    List<JsonValue> last = new ArrayList<>(rule.last());
    for (byte[] source : list.descendingMap().values()) {
      JsonObject document = documents.get(source);
      if (last.size() == rule.last()) {
        break;
      }
      if (document != null) {
        last.add(0, rule.member(document));
      }
    }
    return JsonArray.of(last);
  }

  private void contribute(int collection) {
    for (FamilyRule rule : plan.ofSource(collection)) {
      if (!isReady(rule)) {
        continue;
      }
      for (Map.Entry<byte[], JsonObject> each : documents.entrySet()) {
        if (PhysicalKey.collectionId(each.getKey()) == collection) {
          contribute(rule, each.getKey(), PathReader.of(each.getValue()));
        }
      }
    }
  }

  private void contribute(FamilyRule rule, byte[] key, PathReader source) {
    byte[] holder = rule.holderOf(key, source);
    if (holder == null) {
      return;
    }
    if (rule.isList()) {
      members
          .computeIfAbsent(rule.id(), id -> map())
          .computeIfAbsent(holder, of -> map())
          .put(FamilyRows.member(rule, holder, key, source), key);
    } else {
      totals
          .computeIfAbsent(rule.id(), id -> map())
          .merge(
              holder,
              FamilyTotal.NONE.plus(1, rule.amount(source)),
              (a, b) -> a.plus(b.count(), b.sum()));
    }
  }

  private void addTotals(int id, NavigableMap<byte[], FamilyTotal> holders) {
    FamilyRule rule = plan.rule(id);
    if (rule != null) {
      holders.forEach((holder, total) -> rows.put(rule.row(holder), total.encode()));
    }
  }

  private void addIndexes() {
    documents.forEach(
        (key, document) -> {
          Catalogue.Collection collection = catalogue.find(PhysicalKey.collectionId(key));
          Derived derived = collection == null ? null : collection.derived();
          for (Indexed index : derived == null ? List.<Indexed>of() : derived.indexes()) {
            List<byte[]> expected =
                states.isReady(index.id()) ? index.rows(key, PathReader.of(document)) : null;
            if (expected != null) {
              expected.forEach(row -> rows.put(row, NONE));
            }
          }
        });
  }

  /** Whether a row says what it should, however often it was mended. */
  boolean isRight(byte[] row, byte[] value) {
    byte[] expected = rows.get(row);
    FamilyRule rule = plan.rule(idOf(row));
    if (expected == null) {
      return rule != null && !rule.isList() && isNothing(value);
    }
    if (rule == null || rule.isList()) {
      return Arrays.equals(expected, value);
    }
    try {
      FamilyTotal found = FamilyTotal.decode(value);
      FamilyTotal wanted = FamilyTotal.decode(expected);
      return found.count() == wanted.count() && found.sum().compareTo(wanted.sum()) == 0;
    } catch (RuntimeException e) {
      return false;
    }
  }

  /** A total of nothing that has been mended stays. */
  private static boolean isNothing(byte[] value) {
    try {
      FamilyTotal total = FamilyTotal.decode(value);
      return total.count() == 0 && total.sum().signum() == 0;
    } catch (RuntimeException e) {
      return false;
    }
  }
}
