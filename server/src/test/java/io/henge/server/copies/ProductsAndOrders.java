package io.henge.server.copies;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.StoredItem;
import java.util.List;

/** Two collections, and the rule by which the items of orders follow the names of products. */
final class ProductsAndOrders {
  static final int RULE = 21;
  static final int PRODUCTS = 10;
  private static final int ORDERS = 11;

  private ProductsAndOrders() {}

  /** Both; a product may say by {@code until} when it expires. */
  static List<CollectionInfo> collections(CopyRule.WhenDeleted whenDeleted) {
    return List.of(products(), orders(whenDeleted));
  }

  private static CollectionInfo products() {
    return new CollectionInfo(
        PRODUCTS,
        "products",
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(List.of("p"), List.of("p"), "until"));
  }

  private static CollectionInfo orders(CopyRule.WhenDeleted whenDeleted) {
    CopyRule rule =
        new CopyRule(
            RULE,
            CopyRule.Kind.FOLLOW,
            PRODUCTS,
            List.of(new CopyRule.Field("name", "name")),
            "items[]",
            List.of("p"),
            0,
            "",
            5_000,
            whenDeleted,
            CopyRule.State.LIVE);
    return new CollectionInfo(
        ORDERS,
        "orders",
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(
            List.of("u"), List.of("o"), "", List.of(), List.of(rule), null));
  }

  static byte[] product(String id) {
    return PhysicalKey.of(Key.of(id), PRODUCTS, Key.EMPTY);
  }

  static byte[] order(int number) {
    return PhysicalKey.of(Key.of("u" + number), ORDERS, Key.of("o"));
  }

  /** Which product it is the key of. */
  static String idOf(byte[] product) {
    return (String) PhysicalKey.shardingKey(product).parts().get(0);
  }

  static Mutation put(byte[] key, String json) {
    return new Mutation(
        key,
        Condition.none(),
        new Action.Put(
            new Value.Document(DocumentCodec.encode(Json.parseObject(json))), Action.TTL_DEFAULT),
        false);
  }

  static Mutation remove(byte[] key) {
    return new Mutation(key, Condition.none(), Action.Remove.REMOVE, false);
  }

  static JsonObject document(StoredItem item) {
    return DocumentCodec.decode(((Value.Document) item.value()).bytes());
  }

  /** Empty if there is none. */
  static String name(JsonObject object) {
    return object.get("name") instanceof JsonText text ? text.value() : "";
  }
}
