package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random commands over few keys, so that they meet: good ones, bad ones, and retries of both. */
final class CommandGenerator {
  private static final String[] SHARDING_KEYS = {"ann", "bob", "cyd", "dee"};
  private static final String[] SORT_KEYS = {"1", "2", "3"};
  private static final String[] TEXTS = {"", "a", "bb", "ccc"};
  private static final long[] NUMBERS = {0, 1, -1, 5, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40};
  private static final long[] TTLS = {0, 0, -1, -1, 1, 30, 300, 5000, -2, Long.MAX_VALUE};
  private static final CollectionInfo UNKNOWN =
      new CollectionInfo(99, "unknown", 0, false, false, 1);

  private final Random random;
  private final List<WriteCommand> earlier = new ArrayList<>();
  private final DocumentMutations documents;
  private long sequence;
  private long versionSeen;
  private long nowMillis;

  CommandGenerator(Random random) {
    this.random = random;
    this.documents = new DocumentMutations(random);
  }

  /** A version that conditions are to name now and then. */
  void seen(long version) {
    versionSeen = version;
  }

  /** A key of some item that commands are about. */
  byte[] someKey() {
    return TestShard.key(
        SHARDING_KEYS[random.nextInt(SHARDING_KEYS.length)],
        random.nextBoolean() ? TestShard.PLAIN : TestShard.EXPIRING,
        SORT_KEYS[random.nextInt(SORT_KEYS.length)]);
  }

  List<WriteCommand> next(int count, long timeMillis) {
    nowMillis = timeMillis;
    List<WriteCommand> commands = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      commands.add(next(timeMillis));
    }
    return commands;
  }

  private WriteCommand next(long timeMillis) {
    if (!earlier.isEmpty() && random.nextInt(6) == 0) {
      return earlier.get(earlier.size() - 1 - random.nextInt(Math.min(40, earlier.size())));
    }
    String shardingKey = SHARDING_KEYS[random.nextInt(SHARDING_KEYS.length)];
    int count = random.nextInt(3) > 0 ? 1 : random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(4);
    List<Mutation> mutations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String of = random.nextInt(60) == 0 ? SHARDING_KEYS[random.nextInt(4)] : shardingKey;
      mutations.add(mutation(of));
    }
    long ahead =
        switch (random.nextInt(40)) {
          case 0 -> -1 - random.nextInt(100);
          case 1 -> ApplyLimits.NOT_AFTER_AHEAD_MILLIS_MAX + 1_000_000;
          case 2 -> 60_000;
          default -> random.nextInt(3000);
        };
    WriteCommand command =
        new WriteCommand(
            new RequestId(random.nextInt(2), 77, ++sequence),
            timeMillis + ahead,
            random.nextInt(30) == 0 ? random.nextInt(3) : 9,
            mutations);
    earlier.add(command);
    return command;
  }

  private Mutation mutation(String shardingKey) {
    if (random.nextInt(4) == 0) {
      return documents.next(shardingKey, versionSeen, nowMillis);
    }
    byte[] key = TestShard.key(shardingKey, collection(), SORT_KEYS[random.nextInt(3)]);
    if (random.nextInt(80) == 0) {
      key = new byte[random.nextInt(20)];
      random.nextBytes(key);
    }
    return new Mutation(key, condition(), action(), random.nextInt(5) == 0);
  }

  private CollectionInfo collection() {
    int pick = random.nextInt(60);
    if (pick == 0) {
      return TestShard.DROPPED;
    } else if (pick == 1) {
      return UNKNOWN;
    }
    return pick < 35 ? TestShard.PLAIN : TestShard.EXPIRING;
  }

  private Condition condition() {
    return switch (random.nextInt(12)) {
      case 0 -> Condition.absent();
      case 1 -> Condition.present();
      case 2 -> new Condition.VersionIs(versionSeen);
      case 3 -> new Condition.ValueIs(value());
      default -> Condition.none();
    };
  }

  private Action action() {
    return switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> new Action.Put(value(), TTLS[random.nextInt(TTLS.length)]);
      case 4, 5 -> Action.Remove.REMOVE;
      case 6, 7 -> new Action.Add(NUMBERS[random.nextInt(NUMBERS.length)]);
      case 8, 9 -> new Action.Append(text());
      case 10 -> new Action.Touch(TTLS[random.nextInt(TTLS.length)]);
      default -> Action.Check.CHECK;
    };
  }

  private Value value() {
    return random.nextInt(3) == 0
        ? Value.of(NUMBERS[random.nextInt(NUMBERS.length)])
        : Value.of(text());
  }

  private byte[] text() {
    if (random.nextInt(200) == 0) {
      return new byte[600_000];
    }
    return TEXTS[random.nextInt(TEXTS.length)].getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }
}
