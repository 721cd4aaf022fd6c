package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.SessionToken;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.replication.shard.SimulatedReplicas.Answer;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.StoredItem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads at the end of a shard's range, and sessions that ask for more than a shard has reached. */
class BoundaryReadsTest {
  private static final ReplicaLimits LIMITS = ReplicaLimits.DEFAULT;
  private static final byte[] NONE = new byte[0];
  private static final byte[] PREFIX = PhysicalKey.prefix(Key.of("all"), 1);

  @TempDir private Path directory;

  private SimulatedReplicas start(long id, byte[] start, byte[] end) {
    return new SimulatedReplicas(
        directory.resolve("shard-" + id), 1, LIMITS, new ShardDescription(id, 1, start, end));
  }

  /** Two shards share the items of one sharding key; scans of all kinds find each item once. */
  @Test
  void shouldSayWhereAScanGoesOnBeyondTheShard() {
    Random random = Seed.random("BoundaryReadsTest");
    byte[] boundary = SimulatedReplicas.key("item-5");
    List<SimulatedReplicas> shards = List.of(start(1, NONE, boundary), start(2, boundary, NONE));
    TreeSet<String> names = new TreeSet<>();
    for (int i = 0; i < 10; i++) {
      String name = "item-" + i;
      assertThat(shards.get(i < 5 ? 0 : 1).put(name, name).error()).isNull();
      names.add(name);
    }
    for (int run = 0; run < 200; run++) {
      byte[] a = random.nextInt(4) == 0 ? PREFIX : name(random.nextInt(10));
      byte[] b =
          random.nextInt(4) == 0 ? PhysicalKey.endOfPrefix(PREFIX) : name(random.nextInt(10));
      byte[] from = Arrays.compareUnsigned(a, b) <= 0 ? a : b;
      byte[] to = Arrays.compareUnsigned(a, b) <= 0 ? b : a;
      boolean reverse = random.nextBoolean();
      List<String> expected =
          new ArrayList<>(
              names.stream()
                  .filter(name -> isBetween(SimulatedReplicas.key(name), from, to))
                  .toList());
      if (reverse) {
        Collections.reverse(expected);
      }
      int pageItems = 1 + random.nextInt(6);
      assertThat(scan(shards, boundary, from, to, reverse, pageItems)).isEqualTo(expected);
    }
  }

  private static boolean isBetween(byte[] key, byte[] from, byte[] to) {
    return Arrays.compareUnsigned(key, from) >= 0 && Arrays.compareUnsigned(key, to) < 0;
  }

  private static byte[] name(int number) {
    return SimulatedReplicas.key("item-" + number);
  }

  private static List<String> scan(
      List<SimulatedReplicas> shards,
      byte[] boundary,
      byte[] from,
      byte[] to,
      boolean reverse,
      int pageItems) {
    List<String> found = new ArrayList<>();
    byte[] first = from;
    byte[] end = to;
    while (true) {
      boolean left =
          reverse
              ? Arrays.compareUnsigned(end, boundary) <= 0
              : Arrays.compareUnsigned(first, boundary) < 0;
      RangeCommand command =
          new RangeCommand(first, end, reverse, pageItems, 1 << 20, ReadLevel.linearizable());
      ReadOutcome wrong = range(shards.get(left ? 1 : 0), command);
      assertThat(wrong.error())
          .isInstanceOfSatisfying(
              HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_SHARD));
      ReadOutcome page = range(shards.get(left ? 0 : 1), command);
      assertThat(page.error()).isNull();
      for (StoredItem item : page.items()) {
        Value.Data value = (Value.Data) Objects.requireNonNull(item).value();
        found.add(new String(value.bytes(), StandardCharsets.UTF_8));
      }
      byte[] next = page.next();
      if (next == null) {
        return found;
      }
      first = reverse ? first : next;
      end = reverse ? next : end;
    }
  }

  private static ReadOutcome range(SimulatedReplicas shard, RangeCommand command) {
    Answer<ReadOutcome> answer = shard.range(shard.leaderId(), command, 5_000);
    shard.runUntil(() -> answer.result != null);
    return answer.get();
  }

  @Test
  void shouldServeASessionOnTheLeaderAlthoughTheShardHasNotReachedItsVersion() {
    SimulatedReplicas replicas = new SimulatedReplicas(directory, 3, LIMITS);
    replicas.put("k", "v");
    long entries = replicas.leader().statistics().entries();
    Answer<ReadOutcome> read =
        replicas.read(replicas.leaderId(), "k", new ReadLevel.Session(Long.MAX_VALUE), 5_000);
    assertThat(read.result).as("not before an entry shows what is committed").isNull();
    replicas.runUntil(() -> read.result != null);
    assertThat(SimulatedReplicas.value(read.get())).isEqualTo(Value.of("v"));
    assertThat(replicas.leader().statistics().entries()).isGreaterThan(entries);
    // A follower cannot, and says so.
    Answer<ReadOutcome> elsewhere =
        replicas.read(
            replicas.followerIds().get(0), "k", new ReadLevel.Session(Long.MAX_VALUE), 1_000);
    replicas.runUntil(() -> elsewhere.result != null);
    assertThat(elsewhere.get().error()).isNotNull();
  }

  @Test
  void shouldOnlyAskWhatTheTokenSaysOfTheShardsRange() {
    byte[] boundary = Arrays.copyOf(SimulatedReplicas.key("k"), PhysicalKey.TOKEN_BYTES);
    SimulatedReplicas right = start(1, boundary, NONE);
    long version = right.put("k", "v").shardVersion();
    long token = PhysicalKey.token(boundary);
    SessionToken seen =
        SessionToken.EMPTY.with(0, token - 1, Long.MAX_VALUE).with(token, -1, version);
    Answer<ReadOutcome> read =
        right.read(right.leaderId(), "k", new ReadLevel.Session(seen), 5_000);
    assertThat(SimulatedReplicas.value(read.get())).isEqualTo(Value.of("v"));
    Answer<ReadOutcome> more =
        right.read(
            right.leaderId(), "k", new ReadLevel.Session(seen.with(token, -1, version + 1)), 5_000);
    assertThat(more.result).isNull();
    right.runUntil(() -> more.result != null);
    assertThat(SimulatedReplicas.value(more.get())).isEqualTo(Value.of("v"));
  }
}
