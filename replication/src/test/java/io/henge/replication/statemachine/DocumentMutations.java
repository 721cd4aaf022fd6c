package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import java.util.Random;

/** Random mutations of a few documents: good ones, and such as do not fit. */
final class DocumentMutations {
  private static final String[] IDS = {"1", "2", "3"};
  private static final String[] FILTERS = {
    "n > 2",
    "n = 1.0",
    "exists(list)",
    "list contains 3",
    "not (n < 5 or text prefix \"a\")",
    "inner.x in (1, 2, \"b\")",
    "s = \"ann\""
  };
  private static final String[] PATCHES = {
    "{\"inc\": {\"n\": 1}}",
    "{\"inc\": {\"n\": -0.75, \"inner.x\": 1}}",
    "{\"inc\": {\"text\": 1}}",
    "{\"set\": {\"text\": \"abc\"}}",
    "{\"unset\": \"list\"}",
    "{\"push\": {\"list\": 3}}",
    "{\"addToSet\": {\"list\": 3}}",
    "{\"pull\": {\"list\": 3}}",
    "{\"merge\": {\"inner\": {\"x\": 2}, \"text\": null}}",
    "{\"max\": {\"n\": 4}}",
    "{\"unset\": \"t\"}",
    "{\"set\": {\"i\": \"9\"}}",
    "{\"unset\": \"s\"}",
    "{\"set\": {\"t\": \"soon\"}}"
  };

  private final Random random;

  DocumentMutations(Random random) {
    this.random = random;
  }

  Mutation next(String shardingKey, long versionSeen, long nowMillis) {
    String id = IDS[random.nextInt(IDS.length)];
    if (random.nextInt(30) == 0) {
      return misplaced(shardingKey, id, nowMillis);
    }
    return new Mutation(
        TestShard.key(shardingKey, TestShard.DOCUMENTS, id),
        condition(versionSeen),
        action(shardingKey, id, nowMillis),
        random.nextInt(5) == 0,
        random.nextInt(5) == 0);
  }

  /** What belongs into a collection of the other kind. */
  private Mutation misplaced(String shardingKey, String id, long nowMillis) {
    boolean item = random.nextBoolean();
    byte[] key = TestShard.key(shardingKey, item ? TestShard.DOCUMENTS : TestShard.PLAIN, id);
    Action action =
        item
            ? switch (random.nextInt(4)) {
              case 0 -> new Action.Put(Value.of("bytes"), 0);
              case 1 -> new Action.Add(1);
              case 2 -> new Action.Touch(1000);
              default -> new Action.Append(new byte[] {1});
            }
            : random.nextBoolean()
                ? new Action.Put(document(shardingKey, id, nowMillis), 0)
                : patch(shardingKey, id, nowMillis);
    return TestShard.mutation(key, action);
  }

  private Condition condition(long versionSeen) {
    return switch (random.nextInt(10)) {
      case 0 -> Condition.absent();
      case 1 -> Condition.present();
      case 2 -> new Condition.VersionIs(versionSeen);
      case 3, 4 -> new Condition.Matches(TestShard.filter(FILTERS[random.nextInt(FILTERS.length)]));
      default -> Condition.none();
    };
  }

  private Action action(String shardingKey, String id, long nowMillis) {
    return switch (random.nextInt(10)) {
      case 0, 1, 2 ->
          new Action.Put(document(shardingKey, id, nowMillis), random.nextInt(4) == 0 ? 200 : 0);
      case 3 -> Action.Remove.REMOVE;
      case 4 -> Action.Check.CHECK;
      default -> patch(shardingKey, id, nowMillis);
    };
  }

  private Action patch(String shardingKey, String id, long nowMillis) {
    String patch =
        random.nextInt(8) == 0
            ? "{\"set\": {\"t\": " + someTime(nowMillis) + "}}"
            : PATCHES[random.nextInt(PATCHES.length)];
    return random.nextInt(3) == 0
        ? TestShard.patch(patch, json(shardingKey, id, nowMillis))
        : TestShard.patch(patch);
  }

  private Value document(String shardingKey, String id, long nowMillis) {
    return TestShard.document(json(shardingKey, id, nowMillis));
  }

  private String json(String shardingKey, String id, long nowMillis) {
    StringBuilder json = new StringBuilder("{\"s\":\"" + shardingKey + "\",\"i\":\"" + id + "\"");
    if (random.nextBoolean()) {
      json.append(",\"n\":").append(random.nextInt(8)).append(random.nextBoolean() ? ".50" : "");
    }
    if (random.nextInt(3) == 0) {
      json.append(",\"list\":[1,3,\"b\"]");
    }
    if (random.nextInt(3) == 0) {
      json.append(",\"inner\":{\"x\":").append(random.nextInt(3)).append('}');
    }
    if (random.nextInt(3) == 0) {
      json.append(",\"text\":\"a\"");
    }
    if (random.nextInt(4) == 0) {
      json.append(",\"t\":").append(random.nextInt(5) == 0 ? "null" : someTime(nowMillis));
    }
    return json.append('}').toString();
  }

  /** Soon, over already, or no time at all. */
  private String someTime(long nowMillis) {
    return switch (random.nextInt(12)) {
      case 0 -> "-1";
      case 1 -> "0";
      case 2 -> Long.toString(nowMillis - random.nextInt(500));
      case 3 -> (nowMillis + random.nextInt(500)) + ".0";
      default -> Long.toString(nowMillis + random.nextInt(1000));
    };
  }
}
