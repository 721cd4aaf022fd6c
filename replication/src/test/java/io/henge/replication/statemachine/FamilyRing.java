package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.PhysicalKey;
import io.henge.engine.DurableFiles;
import io.henge.engine.StorageEngine;
import io.henge.replication.statemachine.ReshapeCommand.Absorb;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbRows;
import io.henge.replication.statemachine.ReshapeCommand.Freeze;
import io.henge.replication.statemachine.ReshapeCommand.Seal;
import io.henge.replication.statemachine.ReshapeCommand.Split;
import io.henge.replication.statemachine.ReshapeCommand.Trim;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The shards of a ring that are cut and joined, one replica of each: every family is in one of
 * them.
 */
final class FamilyRing implements AutoCloseable, SeedMaker {
  private static final long ROOT = 7;

  private final StorageEngine engine;
  private final Path place;

  /** In the order of their ranges. */
  private final List<TestShard> shards = new ArrayList<>();

  private final Map<Long, Path> seeds = new HashMap<>();
  private long nextId = ROOT + 1;

  /** One shard that has everything. */
  FamilyRing(StorageEngine engine, Path place, long time, List<CollectionInfo> catalogue) {
    this.engine = engine;
    this.place = place;
    TestShard root =
        new TestShard(
            engine, place.resolve(Long.toString(ROOT)), EntryObserver.NONE, ROOT, 0, this);
    root.create(time, TestShard.NONE, TestShard.NONE, catalogue);
    shards.add(root);
  }

  List<TestShard> shards() {
    return shards;
  }

  TestShard holding(byte[] key) {
    return shards.stream().filter(shard -> shard.range().contains(key)).findFirst().orElseThrow();
  }

  @Override
  public void seed(Child child, Consumer<Path> checkpoint) {
    Path seed = place.resolve("seeds").resolve(Long.toString(child.childId()));
    try {
      DurableFiles.deleteTree(seed);
      DurableFiles.createDirectories(seed.resolveSibling(""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    checkpoint.accept(seed);
    seeds.put(child.childId(), seed);
  }

  /** Cuts a shard before a family; false if that cannot be, or there are enough of them. */
  boolean split(TestShard parent, byte[] key, long time, boolean proposer) {
    byte[] at = Arrays.copyOf(key, PhysicalKey.TOKEN_BYTES);
    if (shards.size() > 3
        || !parent.range().contains(key)
        || Arrays.equals(at, parent.range().start())
        || !parent.reshaping().children().isEmpty()) {
      return false;
    }
    long child = nextId++;
    ReshapeOutcome outcome =
        parent.reshape(
            time,
            new Split(child, child, at, parent.range().epoch(), List.of("00000000000000a1")),
            proposer);
    assertThat(outcome.isDone()).describedAs(outcome.message()).isTrue();
    TestShard right =
        TestShard.ofSeed(
            engine,
            place.resolve(Long.toString(child)),
            Objects.requireNonNull(seeds.get(child)),
            parent.reshaping().children().get(0),
            this);
    parent.reshape(time, new Trim(List.of(child)));
    right.reshape(time, new Trim(List.of()));
    shards.add(shards.indexOf(parent) + 1, right);
    return true;
  }

  /**
   * Joins two neighbours that have nothing left to build or to trim.
   *
   * @param at where the left one is
   * @param passing time that goes by while rows are copied: what expires must not spoil it
   * @return what time it is then
   */
  long merge(int at, long time, long passing) {
    TestShard left = shards.get(at);
    TestShard right = shards.get(at + 1);
    trimAll(left, time);
    trimAll(right, time);
    long operation = nextId++;
    assertThat(left.reshape(time, new Absorb(operation, right.range())).isDone()).isTrue();
    assertThat(right.reshape(time, new Freeze(operation, ROOT)).isDone()).isTrue();
    ReshapeOutcome taken =
        left.reshape(
            time, new AbsorbRows(operation, TestShard.NONE, AbsorbRows.END, right.copied()));
    assertThat(taken.isDone()).describedAs(taken.message()).isTrue();
    long now = time + passing;
    left.tick(now);
    assertThat(right.reshape(now, new Seal(operation)).isDone()).isTrue();
    now = Math.max(now, right.machine().state().timeMillis());
    left.tick(now);
    ReshapeOutcome done = left.reshape(now, right.absorbed(operation));
    assertThat(done.isDone()).describedAs(done.message()).isTrue();
    right.close();
    shards.remove(right);
    return now;
  }

  private static void trimAll(TestShard shard, long time) {
    for (int i = 0; i < 100 && shard.reshaping().untrimmed() != null; i++) {
      shard.reshape(time, new Trim(List.of()));
    }
  }

  @Override
  public void close() {
    shards.forEach(TestShard::close);
  }
}
