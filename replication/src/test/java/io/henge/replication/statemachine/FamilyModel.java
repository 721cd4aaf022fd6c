package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Recomputes what holders and rows must say from the documents of a shard alone, in the simplest
 * way, and compares.
 */
final class FamilyModel {
  private final Map<byte[], JsonObject> documents = new TreeMap<>(Arrays::compareUnsigned);
  private final Map<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
  private final ShardState state;

  /** Copies that were compared. */
  int compared;

  /** Totals that were being counted anew. */
  int recounted;

  private FamilyModel(TestShard shard) {
    state = shard.machine().state();
    ShardDescription range = shard.range();
    try (ReadView view = shard.slot().snapshot()) {
      try (RowCursor cursor = view.scan(KeySpace.DATA, range.start(), range.end(), false)) {
        while (cursor.next()) {
          Value value = ItemCodec.value(cursor.value());
          documents.put(cursor.key(), DocumentCodec.decode(((Value.Document) value).bytes()));
        }
      }
      try (RowCursor cursor = view.scan(KeySpace.INDEX, range.start(), range.end(), false)) {
        while (cursor.next()) {
          rows.put(cursor.key(), cursor.value());
        }
      }
    }
  }

  /** Fails if anything is not as it must be; says how many copies were compared. */
  static int check(TestShard shard) {
    return checked(shard).compared;
  }

  /** The same; says what it has seen. */
  static FamilyModel checked(TestShard shard) {
    FamilyModel model = new FamilyModel(shard);
    for (CollectionInfo collection : shard.machine().state().collections()) {
      CollectionInfo.Documents documents = collection.documents();
      for (CopyRule rule : documents == null ? List.<CopyRule>of() : documents.rules()) {
        model.check(rule, collection.id());
      }
    }
    return model;
  }

  private void check(CopyRule rule, int holderId) {
    DerivedState phase = state.derived().find(rule.id());
    if (phase == null) {
      assertThat(rowsOf(rule)).describedAs("rows of %s, which is gone", rule).isEmpty();
    }
    if (rule.state() != CopyRule.State.LIVE) {
      if (phase == null && rule.state() == CopyRule.State.DROPPED && !isReplaced(rule, holderId)) {
        for (byte[] key : keys(holderId)) {
          // Clients write texts there, rules never do.
          JsonValue left = at(document(key), rule.target());
          assertThat(left instanceof JsonNumber || left instanceof JsonArray)
              .describedAs("%s left in %s", rule, document(key))
              .isFalse();
        }
      }
      return;
    }
    if (phase == null) {
      throw new AssertionError("a live rule without a state: " + rule);
    }
    boolean ready = phase.phase() == DerivedState.Phase.READY;
    boolean atHolders = !ready && phase.position().length > 0 && phase.position()[0] == 2;
    byte[] reached =
        phase.position().length == 0
            ? null
            : Arrays.copyOfRange(phase.position(), 1, phase.position().length);
    Map<byte[], List<byte[]>> sources = new TreeMap<>(Arrays::compareUnsigned);
    int counted = 0;
    for (byte[] key : keys(rule.sourceId())) {
      byte[] holder = holderOf(rule, holderId, key);
      boolean in =
          ready || atHolders || (reached != null && Arrays.compareUnsigned(key, reached) <= 0);
      if (holder != null && in) {
        counted++;
        sources.computeIfAbsent(holder, any -> new ArrayList<>()).add(key);
      }
    }
    checkRows(rule, sources, counted);
    for (byte[] key : keys(holderId)) {
      boolean filled =
          ready || (atHolders && reached != null && Arrays.compareUnsigned(key, reached) <= 0);
      if (filled) {
        compared++;
        JsonObject holder = document(key);
        assertThat(at(holder, rule.target()))
            .describedAs("%s in %s", rule, holder)
            .isEqualTo(copy(rule, sources.getOrDefault(key, List.of())));
      }
    }
  }

  /** Whether what stands there may be another rule's, or one's that left it there. */
  private boolean isReplaced(CopyRule dropped, int holderId) {
    return Objects.requireNonNull(Objects.requireNonNull(state.collection(holderId)).documents())
        .rules()
        .stream()
        .anyMatch(
            rule ->
                rule.id() != dropped.id()
                    && rule.target().equals(dropped.target())
                    && (rule.state() != CopyRule.State.DROPPED
                        || state.derived().find(rule.id()) != null));
  }

  private void checkRows(CopyRule rule, Map<byte[], List<byte[]>> sources, int counted) {
    List<byte[]> ours = rowsOf(rule);
    if (rule.kind() == CopyRule.Kind.LIST) {
      assertThat(ours).describedAs("rows of %s", rule).hasSize(counted);
      return;
    }
    Map<String, FamilyTotal> expected = new TreeMap<>();
    sources.forEach(
        (holder, keys) -> {
          byte[] row = holder.clone();
          ByteBuffer.wrap(row).putInt(PhysicalKey.endOfShardingKey(holder) + 1, rule.id());
          expected.put(TestShard.hex(row), new FamilyTotal(0, keys.size(), sum(rule, keys)));
        });
    Map<String, FamilyTotal> found = new TreeMap<>();
    for (byte[] row : ours) {
      FamilyTotal total = FamilyTotal.decode(Objects.requireNonNull(rows.get(row)));
      if (total.recount() != null) {
        recounted++;
        checkRecount(rule, row, total.recount(), sources);
      }
      if (!total.with(null).isNone()) {
        found.put(TestShard.hex(row), total.with(null));
      }
    }
    assertThat(found).describedAs("rows of %s", rule).isEqualTo(expected);
  }

  /** What has been counted anew is exact up to where that is. */
  private void checkRecount(
      CopyRule rule, byte[] row, FamilyTotal.Recount recount, Map<byte[], List<byte[]>> sources) {
    List<byte[]> counted = new ArrayList<>();
    sources.forEach(
        (holder, keys) -> {
          byte[] its = holder.clone();
          ByteBuffer.wrap(its).putInt(PhysicalKey.endOfShardingKey(holder) + 1, rule.id());
          if (Arrays.equals(its, row)) {
            keys.stream()
                .filter(key -> Arrays.compareUnsigned(key, recount.position()) <= 0)
                .forEach(counted::add);
          }
        });
    assertThat(recount)
        .describedAs("what is recounted of %s", rule)
        .isEqualTo(new FamilyTotal.Recount(recount.position(), counted.size(), sum(rule, counted)));
  }

  private JsonValue copy(CopyRule rule, List<byte[]> sources) {
    return switch (rule.kind()) {
      case COUNT -> JsonNumber.of(sources.size());
      case SUM -> JsonNumber.of(FamilyTotal.canonical(sum(rule, sources)));
      default -> list(rule, sources);
    };
  }

  private BigDecimal sum(CopyRule rule, List<byte[]> sources) {
    BigDecimal sum = BigDecimal.ZERO;
    for (byte[] key : sources) {
      if (rule.kind() == CopyRule.Kind.SUM
          && at(document(key), rule.fields().get(0).path()) instanceof JsonNumber number
          && isBounded(number.decimal())) {
        sum = sum.add(number.decimal());
      }
    }
    return sum;
  }

  private static boolean isBounded(BigDecimal number) {
    BigDecimal most = BigDecimal.TEN.pow(38);
    return number.abs().compareTo(most) < 0 && number.stripTrailingZeros().scale() <= 18;
  }

  private JsonArray list(CopyRule rule, List<byte[]> sources) {
    List<byte[]> sorted = new ArrayList<>(sources);
    Comparator<byte[]> byValue =
        Comparator.comparing(
            key -> at(document(key), rule.by()),
            Comparator.nullsFirst(Comparator.<JsonValue>naturalOrder()));
    sorted.sort(byValue.thenComparing(Arrays::compareUnsigned));
    List<JsonValue> members = new ArrayList<>();
    for (byte[] key : sorted.subList(Math.max(0, sorted.size() - rule.last()), sorted.size())) {
      JsonObject member = JsonObject.EMPTY;
      for (CopyRule.Field field : rule.fields()) {
        JsonValue value = at(document(key), field.path());
        member = value == null ? member : member.with(field.as(), value);
      }
      members.add(member);
    }
    return JsonArray.of(members);
  }

  private byte @Nullable [] holderOf(CopyRule rule, int holderId, byte[] source) {
    List<Object> id = new ArrayList<>();
    for (String path : rule.on()) {
      JsonValue value = at(document(source), path);
      if (!(value instanceof JsonText text)) {
        return null;
      }
      id.add(text.value());
    }
    return PhysicalKey.of(
        PhysicalKey.shardingKey(source), holderId, id.isEmpty() ? Key.EMPTY : Key.of(id.toArray()));
  }

  private static @Nullable JsonValue at(JsonObject document, String path) {
    JsonValue value = document;
    for (String name : path.split("\\.", -1)) {
      value = value instanceof JsonObject object ? object.get(name) : null;
    }
    return value;
  }

  private JsonObject document(byte[] key) {
    return Objects.requireNonNull(documents.get(key));
  }

  private List<byte[]> keys(int collection) {
    return documents.keySet().stream()
        .filter(key -> PhysicalKey.collectionId(key) == collection)
        .toList();
  }

  private List<byte[]> rowsOf(CopyRule rule) {
    return rows.keySet().stream()
        .filter(key -> PhysicalKey.collectionId(key) == rule.id())
        .toList();
  }
}
