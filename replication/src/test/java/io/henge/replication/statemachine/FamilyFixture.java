package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Users, who have orders, which have lines; and rules from each to the one before. */
final class FamilyFixture {
  static final int USERS = 10;
  static final int ORDERS = 11;
  static final int LINES = 12;

  /** Of orders by their total, if there is one. */
  static final int INDEX = 77;

  static final CopyRule ORDER_COUNT = count(1, ORDERS, "order_count");
  static final CopyRule SPENT = sum(2, ORDERS, "total", "figures.spent");
  static final CopyRule RECENT =
      list(3, ORDERS, "recent", 3, "at", "o", "total", "status", "lines");
  static final CopyRule PIECES = sum(4, ORDERS, "lines", "figures.pieces");
  static final CopyRule LINE_COUNT = on(count(5, LINES, "lines"), "o");
  static final CopyRule FIRST_LINES = on(list(6, LINES, "skus", 2, "sku", "sku"), "o");

  private FamilyFixture() {}

  static CopyRule count(int id, int source, String target) {
    return rule(id, CopyRule.Kind.COUNT, source, List.of(), target, 0, "");
  }

  static CopyRule sum(int id, int source, String path, String target) {
    return rule(
        id, CopyRule.Kind.SUM, source, List.of(new CopyRule.Field(path, "")), target, 0, "");
  }

  static CopyRule list(int id, int source, String target, int last, String by, String... fields) {
    return rule(
        id,
        CopyRule.Kind.LIST,
        source,
        Stream.of(fields).map(field -> new CopyRule.Field(field, field)).toList(),
        target,
        last,
        by);
  }

  private static CopyRule rule(
      int id,
      CopyRule.Kind kind,
      int source,
      List<CopyRule.Field> fields,
      String target,
      int last,
      String by) {
    return new CopyRule(
        id,
        kind,
        source,
        fields,
        target,
        List.of(),
        last,
        by,
        0,
        CopyRule.WhenDeleted.KEEP,
        CopyRule.State.LIVE);
  }

  static CopyRule on(CopyRule rule, String... paths) {
    return new CopyRule(
        rule.id(),
        rule.kind(),
        rule.sourceId(),
        rule.fields(),
        rule.target(),
        List.of(paths),
        rule.last(),
        rule.by(),
        0,
        rule.whenDeleted(),
        rule.state());
  }

  static CopyRule in(CopyRule rule, int newId, CopyRule.State state) {
    return new CopyRule(
        newId,
        rule.kind(),
        rule.sourceId(),
        rule.fields(),
        rule.target(),
        rule.on(),
        rule.last(),
        rule.by(),
        0,
        rule.whenDeleted(),
        state);
  }

  static CollectionInfo users(long changedIn, List<CopyRule> rules) {
    return collection(USERS, "users", changedIn, List.of("u"), "", rules);
  }

  static CollectionInfo orders(long changedIn, List<CopyRule> rules) {
    return collection(ORDERS, "orders", changedIn, List.of("o"), "t", rules);
  }

  static CollectionInfo lines(long changedIn) {
    return collection(LINES, "lines", changedIn, List.of("o", "l"), "t", List.of());
  }

  private static CollectionInfo collection(
      int id, String name, long changedIn, List<String> ids, String ttl, List<CopyRule> rules) {
    return new CollectionInfo(
        id,
        name,
        0,
        false,
        false,
        changedIn,
        new CollectionInfo.Documents(List.of("u"), ids, ttl, List.of(), rules, null));
  }

  /** All of them, with all rules. */
  static List<CollectionInfo> all() {
    List<CollectionInfo> all = new ArrayList<>();
    all.add(users(1, List.of(ORDER_COUNT, SPENT, RECENT, PIECES)));
    all.add(orders(1, List.of(LINE_COUNT, FIRST_LINES)));
    all.add(lines(1));
    return all;
  }

  /** As {@link #all}, and orders have an index, too. */
  static List<CollectionInfo> indexed() {
    List<CollectionInfo> indexed = new ArrayList<>();
    for (CollectionInfo info : all()) {
      CollectionInfo.Documents documents = info.documents();
      if (info.id() != ORDERS || documents == null) {
        indexed.add(info);
        continue;
      }
      IndexInfo byTotal =
          new IndexInfo(INDEX, "by_total", List.of(new IndexInfo.Field("total", true)));
      indexed.add(
          new CollectionInfo(
              info.id(),
              info.name(),
              info.ttlMillisDefault(),
              info.divisible(),
              info.dropped(),
              info.changedIn(),
              new CollectionInfo.Documents(
                  documents.shardPaths(),
                  documents.idPaths(),
                  documents.ttlPath(),
                  List.of(byTotal),
                  documents.rules(),
                  null)));
    }
    return indexed;
  }

  static byte[] user(String user) {
    return PhysicalKey.of(Key.of(user), USERS, Key.EMPTY);
  }

  static byte[] order(String user, String order) {
    return PhysicalKey.of(Key.of(user), ORDERS, Key.of(order));
  }

  static byte[] line(String user, String order, String line) {
    return PhysicalKey.of(Key.of(user), LINES, Key.of(order, line));
  }

  static Mutation put(byte[] key, String json) {
    return TestShard.mutation(key, new Action.Put(TestShard.document(json), Action.TTL_DEFAULT));
  }

  static Mutation patch(byte[] key, String json) {
    return TestShard.mutation(key, TestShard.patch(json));
  }

  static Mutation remove(byte[] key) {
    return TestShard.mutation(key, Action.Remove.REMOVE);
  }

  /** A document as JSON; null if there is none. */
  static @Nullable String json(TestShard shard, byte[] key) {
    StoredItem item = shard.get(key);
    return item == null
        ? null
        : DocumentCodec.decode(((Value.Document) item.value()).bytes()).toString();
  }
}
