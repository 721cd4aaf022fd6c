package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import java.util.Random;

/**
 * Random changes of the documents of a few families, with whatever may stand where a total or an
 * order looks for a number, and with expiries.
 */
final class FamilyMutations {
  private static final String[] PEOPLE = {"ann", "bob", "cid", "dan", "eve", "fay"};
  private static final String[] IDS = {"1", "2", "3", "4", "5"};
  private static final String[] TOTALS = {
    "1",
    "2.50",
    "-0.75",
    "1e3",
    "0.0",
    "\"much\"",
    "null",
    "1e37",
    "1e38",
    "1e-18",
    "1e-19",
    "0.100000000000000000000"
  };
  private static final String[] TIMES = {
    "1", "2", "2.0", "3", "\"x\"", "null", "-1", "[1]", "true"
  };

  private final Random random;

  FamilyMutations(Random random) {
    this.random = random;
  }

  String person() {
    return pick(PEOPLE);
  }

  String id() {
    return pick(IDS);
  }

  /** Of a document of somebody's. */
  Mutation mutation(String person, long time) {
    String id = pick(IDS);
    byte[] order = FamilyFixture.order(person, id);
    byte[] line = FamilyFixture.line(person, id, pick(IDS));
    return switch (random.nextInt(13)) {
      case 0 -> FamilyFixture.put(FamilyFixture.user(person), user(person));
      case 1 -> FamilyFixture.remove(FamilyFixture.user(person));
      case 2 ->
          TestShard.mutation(
              FamilyFixture.user(person),
              TestShard.patch(
                  pick(
                      "{\"set\":{\"name\":\"N\"}}",
                      "{\"set\":{\"order_count\":\"mine\"}}",
                      "{\"unset\":\"recent\"}",
                      "{\"set\":{\"figures\":\"none\"}}"),
                  user(person)));
      case 3, 4, 5 -> FamilyFixture.put(order, order(person, id, time));
      case 6 -> FamilyFixture.remove(order);
      case 7, 8 ->
          TestShard.mutation(
              order,
              TestShard.patch(
                  pick(
                      "{\"set\":{\"total\":" + pick(TOTALS) + "}}",
                      "{\"set\":{\"at\":" + pick(TIMES) + "}}",
                      "{\"unset\":\"at\"}",
                      "{\"set\":{\"status\":\"" + random.nextInt(3) + "\"}}",
                      "{\"set\":{\"other\":" + random.nextInt(100) + "}}",
                      "{\"inc\":{\"status\":1}}",
                      "{\"set\":{\"t\":" + (time + random.nextInt(200)) + "}}"),
                  order(person, id, time)));
      case 9, 10, 11 -> {
        String l = PhysicalKey.sortKey(line).parts().get(1).toString();
        yield FamilyFixture.put(
            line,
            "{\"u\":\""
                + person
                + "\",\"o\":\""
                + id
                + "\",\"l\":\""
                + l
                + "\",\"sku\":\"s"
                + random.nextInt(4)
                + "\""
                + expiry(time)
                + "}");
      }
      default -> FamilyFixture.remove(line);
    };
  }

  private String user(String person) {
    return "{\"u\":\""
        + person
        + "\",\"name\":\"n\""
        + (random.nextInt(4) == 0 ? ",\"recent\":\"mine\"" : "")
        + "}";
  }

  private String order(String person, String id, long time) {
    return "{\"u\":\""
        + person
        + "\",\"o\":\""
        + id
        + "\""
        + (random.nextInt(4) == 0 ? "" : ",\"total\":" + pick(TOTALS))
        + (random.nextInt(4) == 0 ? "" : ",\"at\":" + pick(TIMES))
        + (random.nextInt(4) == 0 ? ",\"status\":\"new\"" : "")
        + expiry(time)
        + "}";
  }

  private String expiry(long time) {
    return random.nextInt(3) == 0 ? ",\"t\":" + (time + random.nextInt(400)) : "";
  }

  private String pick(String... texts) {
    return texts[random.nextInt(texts.length)];
  }
}
