package io.henge.replication.statemachine;

import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Products, orders that name them in all ways, right and wrong, users and notes: as written. */
final class FollowDocuments {
  static final String[] IDS = {"p0", "p1", "p2", "p3", "7"};

  private final Random random;
  private final LongSupplier now;
  private final Consumer<Mutation[]> writes;
  private int named;

  /**
   * @param writes takes what is to be written, all of one family
   */
  FollowDocuments(Random random, LongSupplier now, Consumer<Mutation[]> writes) {
    this.random = random;
    this.now = now;
    this.writes = writes;
  }

  private void take(Mutation... mutations) {
    writes.accept(mutations);
  }

  private static String family(int number) {
    return "u" + number;
  }

  /** Key of some order. */
  byte[] order() {
    return FollowWorld.key(
        FollowPropertyTest.ORDERS, family(random.nextInt(5)), "o" + random.nextInt(2));
  }

  static byte[] product(String id) {
    return id.equals("7")
        ? PhysicalKey.of(Key.of(7L), FollowPropertyTest.PRODUCTS, Key.EMPTY)
        : FollowWorld.key(FollowPropertyTest.PRODUCTS, id, "");
  }

  /** One write, within one family. */
  void write() {
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> writeProduct();
      case 3 -> writeNote();
      case 4 -> {
        String user = family(random.nextInt(5));
        take(
            FollowFixture.put(
                FollowWorld.key(FollowPropertyTest.USERS, user, ""), "{\"u\":\"" + user + "\"}"));
      }
      default -> writeOrders();
    }
  }

  private void writeProduct() {
    String id = IDS[random.nextInt(IDS.length)];
    byte[] key = product(id);
    String json =
        "{\"p\":"
            + (id.equals("7") ? "7" : "\"" + id + "\"")
            + (random.nextInt(8) == 0 ? "" : ",\"name\":\"n" + ++named + "\"")
            + (random.nextInt(3) == 0 ? "" : ",\"a\":{\"b\":" + random.nextInt(3) + "}")
            + ",\"price\":"
            + random.nextInt(5)
            + (random.nextInt(6) == 0
                ? ",\"until\":" + (now.getAsLong() + random.nextInt(400))
                : "")
            + "}";
    take(
        switch (random.nextInt(6)) {
          case 0 -> FollowFixture.remove(key);
          case 1 ->
              TestShard.mutation(key, TestShard.patch("{\"set\":{\"name\":\"n" + ++named + "\"}}"));
          default -> FollowFixture.put(key, json);
        });
  }

  private void writeNote() {
    String id = "m" + random.nextInt(3);
    byte[] key = FollowWorld.key(FollowPropertyTest.NOTES, id, "");
    take(
        random.nextInt(6) == 0
            ? FollowFixture.remove(key)
            : FollowFixture.put(
                key,
                "{\"n\":\""
                    + id
                    + "\",\"u\":\""
                    + family(random.nextInt(5))
                    + "\",\"o\":\"o"
                    + random.nextInt(2)
                    + "\"}"));
  }

  private void writeOrders() {
    String user = family(random.nextInt(5));
    List<Mutation> mutations = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      String id = "o" + random.nextInt(2);
      byte[] key = FollowWorld.key(FollowPropertyTest.ORDERS, user, id);
      mutations.add(
          switch (random.nextInt(8)) {
            case 0 -> FollowFixture.remove(key);
            case 1 ->
                TestShard.mutation(
                    key,
                    TestShard.patch(
                        "{\"set\":{\"main\":" + reference() + "}}",
                        "{\"u\":\"" + user + "\",\"o\":\"" + id + "\"}"));
            case 2 ->
                TestShard.mutation(
                    key,
                    TestShard.patch(
                        "{\"push\":{\"items\":{\"value\":" + element() + "}}}",
                        "{\"u\":\"" + user + "\",\"o\":\"" + id + "\",\"items\":[]}"));
            default -> FollowFixture.put(key, order(user, id));
          });
    }
    take(mutations.toArray(Mutation[]::new));
  }

  private String order(String user, String id) {
    StringBuilder json = new StringBuilder("{\"u\":\"" + user + "\",\"o\":\"" + id + "\"");
    if (random.nextInt(4) > 0) {
      json.append(",\"main\":").append(reference());
    }
    if (random.nextInt(4) > 0) {
      List<String> elements = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        elements.add(element());
      }
      json.append(",\"items\":")
          .append(random.nextInt(10) == 0 ? element() : "[" + String.join(",", elements) + "]");
    }
    if (random.nextInt(3) == 0) {
      json.append(",\"box\":{\"item\":{\"ref\":{\"p\":").append(reference()).append("}}}");
    }
    if (random.nextInt(8) == 0) {
      json.append(",\"main_name\":\"forged\"");
    }
    if (random.nextInt(8) == 0) {
      json.append(",\"until\":").append(now.getAsLong() + random.nextInt(400));
    }
    return json.append('}').toString();
  }

  private String element() {
    return switch (random.nextInt(12)) {
      case 0 -> "5";
      case 1 -> "[{\"p\":\"p0\"}]";
      case 2 -> "{\"q\":1}";
      default ->
          "{\"p\":"
              + reference()
              + (random.nextInt(6) == 0 ? ",\"name\":\"forged\",\"paid\":99" : "")
              + "}";
    };
  }

  private String reference() {
    return switch (random.nextInt(14)) {
      case 0 -> "null";
      case 1 -> "1.5";
      case 2 -> "{\"x\":1}";
      case 3 -> "7.0";
      case 4 -> "7";
      case 5 -> "\"7\"";
      default -> "\"" + IDS[random.nextInt(4)] + "\"";
    };
  }
}
