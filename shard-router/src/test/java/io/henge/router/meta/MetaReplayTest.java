package io.henge.router.meta;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.testing.Seed;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationState;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Random commands, good and bad: nothing throws, stored rows are the state, replay is equal. */
@NullUnmarked
class MetaReplayTest {
  private static final String[] LETTERS = {"a", "b", "c", "d", "e", "f"};

  @Test
  void shouldBeWhatItStored() {
    Random random = Seed.random("MetaReplayTest");
    for (int run = 0; run < 30; run++) {
      MetaScript script = new MetaScript();
      Map<String, MetaRow> stored = new TreeMap<>();
      long version = 0;
      for (int step = 0; step < 150; step++) {
        int before = script.applied.size();
        MetaCommand.Builder command = command(random, script.state);
        if (random.nextInt(10) == 0) {
          script.runAs(1 + random.nextInt(step + 1), command);
        } else {
          script.run(command);
        }
        Applied applied = script.applied.get(before);
        for (MetaRow row : applied.rows()) {
          String key = HexFormat.of().formatHex(row.key());
          if (row.value() == null) {
            stored.remove(key);
          } else {
            stored.put(key, row);
          }
        }
        assertThat(script.state.version()).isBetween(version, version + 1);
        version = script.state.version();
        if (script.state.isFormed()) {
          assertThat(script.state.shardMap().problems()).isEmpty();
        }
      }
      MetaState loaded = MetaState.load(stored.values());
      assertThat(loaded).isEqualTo(script.state);
      assertThat(texts(loaded.rows())).isEqualTo(texts(stored.values()));
      MetaState replayed = MetaState.EMPTY;
      for (MetaCommand command : script.commands) {
        replayed = replayed.apply(command).state();
      }
      assertThat(replayed).isEqualTo(script.state);
    }
  }

  private static ByteString key(Random random) {
    return MetaScript.at(1 + random.nextInt(255));
  }

  private static List<String> texts(Collection<MetaRow> rows) {
    HexFormat hex = HexFormat.of();
    return rows.stream()
        .map(row -> hex.formatHex(row.key()) + " " + hex.formatHex(row.value()))
        .toList();
  }

  private static MetaCommand.Builder command(Random random, MetaState state) {
    String letter = LETTERS[random.nextInt(LETTERS.length)];
    long shard = 1L + random.nextInt(6);
    ShardRow row = state.shard(shard);
    long version = row == null ? 1 : row.getConfVersion() - random.nextInt(2);
    long epoch = row == null ? 1 : row.getEpoch() + 1 - random.nextInt(2);
    String name = "c" + random.nextInt(4);
    String[] some =
        IntStream.range(0, random.nextInt(4))
            .mapToObj(i -> LETTERS[random.nextInt(LETTERS.length)])
            .toArray(String[]::new);
    return switch (random.nextInt(22)) {
      case 0 -> MetaScript.form("c1", letter, 1 + random.nextInt(3));
      case 1, 2 ->
          MetaScript.register(
              MetaScript.node(letter)
                  .setName("n-" + LETTERS[random.nextInt(LETTERS.length)])
                  .setFeatureLevel(random.nextInt(4)),
              random.nextBoolean());
      case 3 -> MetaScript.collection(name, random.nextInt(2), false, random.nextBoolean());
      case 4 -> MetaScript.drop(name);
      case 5, 6 -> MetaScript.add(shard, letter, version);
      case 7 -> MetaScript.confirm(shard, random.nextInt(200), some);
      case 8 -> MetaScript.abandon(shard, letter, version);
      case 9 ->
          MetaScript.meta(List.of(some), List.of(letter), random.nextInt(100), random.nextInt(3));
      case 11 -> MetaScript.split(shard, key(random));
      case 12 -> MetaScript.merge(shard, random.nextBoolean() ? 0 : 1L + random.nextInt(6));
      case 13 -> MetaScript.move(shard, letter, LETTERS[random.nextInt(LETTERS.length)]);
      case 14 -> MetaScript.drain(letter);
      case 15, 16 ->
          MetaScript.update(
              1L + random.nextInt(6), OperationState.forNumber(1 + random.nextInt(6)));
      case 17, 18 -> {
        long child = 1L + random.nextInt((int) state.cluster().getNextShardId() + 2);
        yield MetaScript.recordSplit(shard, child, key(random), epoch, letter);
      }
      case 19 -> {
        ShardRow right = row == null ? null : state.rightOf(row);
        yield MetaScript.recordMerge(
            shard,
            right == null ? 1L + random.nextInt(6) : right.getShardId(),
            right == null ? epoch : Math.max(epoch, right.getEpoch() + 1));
      }
      case 20 ->
          MetaScript.state(letter, NodeState.forNumber(random.nextInt(4)), random.nextBoolean());
      case 10 -> MetaScript.set("s" + random.nextInt(3), "v" + random.nextInt(2));
      default ->
          random.nextBoolean() ? MetaScript.raise(random.nextInt(4)) : MetaCommand.newBuilder();
    };
  }
}
