package io.henge.testkit.simulation;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import io.henge.testkit.history.AppendText;
import io.henge.testkit.history.Counter;
import io.henge.testkit.history.History;
import io.henge.testkit.history.Register;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A client that does one thing at a time, retries under the same request id until its deadline, and
 * writes down what it asked and was told.
 */
final class SimulatedClient {
  private static final long ATTEMPT_NANOS = 400_000_000L;
  private static final long OPERATION_NANOS = 3_000_000_000L;
  private static final int KEYS = 3;

  private final SimulatedShard shard;
  private final Histories histories;
  private final Random random;
  private final String name;
  private final int number;
  private int process;
  private long sequence;
  private int written;
  private String target;
  private boolean stopped;

  /** Of the operation under way. */
  private long handle;

  private History history;
  private byte[] key = new byte[0];
  private Object input = "";
  private @Nullable WriteCommand command;
  private long deadlineNanos;
  private boolean maybeApplied;
  private int attempt;

  SimulatedClient(SimulatedShard shard, Histories histories, int number) {
    this.shard = shard;
    this.histories = histories;
    this.random = shard.time().random();
    this.number = number;
    this.name = "client" + number;
    this.process = number;
    this.target = anyNode();
    this.history = histories.registers;
  }

  /** Goes on with one operation after the other. */
  void run() {
    think();
  }

  /** No further operation; the one under way comes to its end. */
  void stop() {
    stopped = true;
  }

  private void think() {
    if (!stopped) {
      shard.time().schedule((long) (random.nextDouble() * 20_000_000), this::begin);
    }
  }

  private void begin() {
    switch (random.nextInt(3)) {
      case 0 -> register();
      case 1 -> counter();
      default -> text();
    }
    deadlineNanos = shard.time().nanos() + OPERATION_NANOS;
    maybeApplied = false;
    attempt();
  }

  private void register() {
    history = histories.registers;
    String keyName = keyName("register");
    int kind = random.nextInt(10);
    if (kind < 5) {
      read(keyName, new Register.Read());
    } else if (kind < 8) {
      String value = name + "-" + written++;
      write(
          keyName,
          new Register.Write(value),
          Condition.none(),
          new Action.Put(Value.of(value), Action.TTL_NEVER));
    } else if (kind < 9) {
      String expected =
          "client" + random.nextInt(6) + "-" + Math.max(0, written - random.nextInt(4));
      String value = name + "-" + written++;
      write(
          keyName,
          new Register.CompareAndSet(expected, value),
          new Condition.ValueIs(Value.of(expected)),
          new Action.Put(Value.of(value), Action.TTL_NEVER));
    } else {
      write(keyName, new Register.Write(null), Condition.none(), Action.Remove.REMOVE);
    }
  }

  private void counter() {
    history = histories.counters;
    String keyName = keyName("counter");
    if (random.nextBoolean()) {
      read(keyName, new Counter.Read());
    } else {
      long delta = 1L + random.nextInt(5);
      write(keyName, new Counter.Add(delta), Condition.none(), new Action.Add(delta));
    }
  }

  private void text() {
    history = histories.texts;
    String keyName = keyName("text");
    if (random.nextBoolean()) {
      read(keyName, new AppendText.Read());
    } else {
      String text = number + "." + written++ + " ";
      write(
          keyName,
          new AppendText.Append(text),
          Condition.none(),
          new Action.Append(text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private void read(String keyName, Object readInput) {
    input = readInput;
    key = physicalKey(keyName);
    command = null;
    handle = history.invoke(process, keyName, input);
  }

  private void write(String keyName, Object writeInput, Condition condition, Action action) {
    input = writeInput;
    key = physicalKey(keyName);
    long now = 1_700_000_000_000L + shard.time().nanos() / 1_000_000;
    command =
        new WriteCommand(
            new RequestId(9, number, ++sequence),
            now + OPERATION_NANOS / 1_000_000,
            SimulatedShard.COLLECTION.changedIn(),
            List.of(new Mutation(key, condition, action, false)));
    handle = history.invoke(process, keyName, input);
  }

  private void attempt() {
    if (shard.time().nanos() >= deadlineNanos) {
      giveUp("deadline");
      return;
    }
    int mine = ++attempt;
    String node = target;
    WriteCommand write = command;
    byte[] asked = key;
    shard
        .cluster()
        .send(
            name,
            node,
            () -> {
              long deadline = shard.cluster().node(node).nanoTime() + ATTEMPT_NANOS;
              if (write != null) {
                var replica = shard.serving(node, write.mutations().get(0).key()).shard();
                replica.write(
                    write, deadline, outcome -> reply(node, mine, () -> written(node, outcome)));
                replica.flush();
              } else {
                shard
                    .serving(node, asked)
                    .shard()
                    .read(
                        new ReadCommand(List.of(asked), ReadLevel.linearizable()),
                        deadline,
                        outcome -> reply(node, mine, () -> found(node, outcome)));
              }
            });
    shard
        .time()
        .schedule(
            ATTEMPT_NANOS,
            () -> {
              if (mine == attempt) {
                maybeApplied = true;
                retry(anyNode(), 0);
              }
            });
  }

  private void reply(String node, int of, Runnable action) {
    shard
        .cluster()
        .send(
            node,
            name,
            () -> {
              if (of == attempt) {
                action.run();
              }
            });
  }

  private void written(String node, WriteOutcome outcome) {
    ErrorCode error = outcome.error();
    if (error == null) {
      histories.acknowledged(shard.time().nanos(), input, key, outcome);
      Object output = null;
      if (input instanceof Counter.Add) {
        output = outcome.results().get(0).counter();
      } else if (input instanceof Register.CompareAndSet) {
        output = true;
      }
      finish(output, node);
    } else if (error == ErrorCode.CONDITION_FAILED) {
      finish(false, node);
    } else {
      failed(error, outcome.leader());
    }
  }

  private void found(String node, ReadOutcome outcome) {
    HengeException error = outcome.error();
    if (error == null) {
      StoredItem item = outcome.items().get(0);
      finish(output(item == null ? null : item.value()), node);
    } else {
      failed(error.code(), null);
    }
  }

  private @Nullable Object output(@Nullable Value value) {
    if (input instanceof Counter.Read) {
      return value instanceof Value.Counter counter ? counter.value() : 0L;
    }
    String text =
        value instanceof Value.Data data ? new String(data.bytes(), StandardCharsets.UTF_8) : null;
    return text == null && input instanceof AppendText.Read ? "" : text;
  }

  private void failed(ErrorCode error, @Nullable String leader) {
    if (error.effect() == ErrorCode.Effect.UNKNOWN) {
      maybeApplied = true;
    }
    if (error == ErrorCode.OUTCOME_UNKNOWN) {
      giveUp("nobody knows");
    } else if (error == ErrorCode.NOT_LEADER
        || error == ErrorCode.UNAVAILABLE
        || error == ErrorCode.BUSY
        || error == ErrorCode.WRONG_SHARD
        || error == ErrorCode.DEADLINE) {
      retry(leader != null ? leader : anyNode(), (long) (random.nextDouble() * 30_000_000));
    } else {
      throw new AssertionError(input + " failed with " + error);
    }
  }

  private void retry(String next, long delayNanos) {
    attempt++;
    target = next;
    shard.time().schedule(delayNanos, this::attempt);
  }

  private void finish(@Nullable Object output, String node) {
    attempt++;
    history.ok(
        handle, output, "on " + node.substring(14) + " at " + shard.time().nanos() / 1_000_000);
    if (random.nextInt(20) == 0) {
      target = anyNode();
    }
    think();
  }

  private void giveUp(String why) {
    attempt++;
    if (command != null && maybeApplied) {
      history.unknown(handle, why);
      process += 100;
    } else {
      history.fail(handle);
    }
    think();
  }

  private String anyNode() {
    return SimulatedShard.NODES.get(random.nextInt(SimulatedShard.NODES.size()));
  }

  private String keyName(String kind) {
    return kind + random.nextInt(KEYS);
  }

  static byte[] physicalKey(String name) {
    return PhysicalKey.of(Key.of(name), SimulatedShard.COLLECTION.id(), Key.of("of"));
  }
}
