package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products, whose names and prices stand in orders on other shards. */
final class FollowFixture {
  static final int FOLLOW = 21;
  static final int SNAPSHOT = 22;

  static final CollectionInfo PRODUCTS =
      new CollectionInfo(
          10,
          "products",
          0,
          false,
          false,
          1,
          new CollectionInfo.Documents(List.of("p"), List.of("p"), "until"));

  static final CollectionInfo ORDERS = orders(CopyRule.WhenDeleted.KEEP, CopyRule.State.LIVE, 1);

  private FollowFixture() {}

  static CollectionInfo orders(
      CopyRule.WhenDeleted whenDeleted, CopyRule.State state, long changedIn) {
    return new CollectionInfo(
        11,
        "orders",
        0,
        false,
        false,
        changedIn,
        new CollectionInfo.Documents(
            List.of("u"),
            List.of("o"),
            "",
            List.of(),
            List.of(
                new CopyRule(
                    FOLLOW,
                    CopyRule.Kind.FOLLOW,
                    10,
                    List.of(new CopyRule.Field("name", "name"), new CopyRule.Field("a.b", "ab")),
                    "items[]",
                    List.of("p"),
                    0,
                    "",
                    5000,
                    whenDeleted,
                    state),
                new CopyRule(
                    SNAPSHOT,
                    CopyRule.Kind.SNAPSHOT,
                    10,
                    List.of(new CopyRule.Field("price", "paid")),
                    "items[]",
                    List.of("p"),
                    0,
                    "",
                    0,
                    whenDeleted,
                    state)),
            null));
  }

  static byte[] product(String id) {
    return PhysicalKey.of(Key.of(id), PRODUCTS.id(), Key.EMPTY);
  }

  static byte[] order(String user, String id) {
    return PhysicalKey.of(Key.of(user), ORDERS.id(), Key.of(id));
  }

  static Mutation put(byte[] key, String json) {
    return TestShard.mutation(key, new Action.Put(TestShard.document(json), Action.TTL_DEFAULT));
  }

  static Mutation remove(byte[] key) {
    return TestShard.mutation(key, Action.Remove.REMOVE);
  }

  static CopySource source(int rule, String product, long version, @Nullable String fields) {
    return new CopySource(rule, product(product), version, fields(fields));
  }

  static byte @Nullable [] fields(@Nullable String json) {
    return json == null ? null : DocumentCodec.encode(Json.parseObject(json));
  }

  static @Nullable String json(TestShard shard, byte[] key) {
    StoredItem item = shard.get(key);
    return item == null
        ? null
        : DocumentCodec.decode(((Value.Document) item.value()).bytes()).toString();
  }
}
