package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.StoredItem;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Shards, the workers of their leaders, and a network between them that delays, loses and repeats
 * messages; workers die at any moment, and what they had under way goes on without them. Writers
 * change products and orders meanwhile. One thread, virtual time, all from one seed.
 */
final class CopyWorld implements AutoCloseable {
  private static final long START = 1_000_000;
  private static final int SHARDS_MAX = 8;
  private static final byte[] NONE = new byte[0];

  private final Random random;
  private final VirtualClock clock = new VirtualClock(START);
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  private final SimulatedRing ring = new SimulatedRing();
  private final Faults faults;
  private final FaultyNetwork network;
  private final CopyPace pace = new CopyPace(clock::nanoTime, 5_000);
  private final CopyInvariants invariants;
  private final CopyWriters writers;
  private final SimulatedReshaping reshaping;

  CopyWorld(Random random, Path directory, int shardCount) {
    this.random = random;
    boolean nulls = random.nextBoolean();
    faults = new Faults(random);
    network = new FaultyNetwork(ring, clock, faults, random);
    invariants = new CopyInvariants(ring, nulls);
    writers = new CopyWriters(ring, clock, invariants, random);
    reshaping = new SimulatedReshaping(ring, clock, invariants, random, directory, this::add);
    for (int i = 0; i < shardCount; i++) {
      byte[] start = i == 0 ? NONE : new byte[] {(byte) (i * 256 / shardCount)};
      byte[] end = i == shardCount - 1 ? NONE : new byte[] {(byte) ((i + 1) * 256 / shardCount)};
      add(
          SimulatedShard.create(
              i + 1,
              engine,
              directory,
              start,
              end,
              ProductsAndOrders.collections(
                  nulls ? CopyRule.WhenDeleted.NULL : CopyRule.WhenDeleted.KEEP),
              START));
    }
  }

  private void add(SimulatedShard shard) {
    ring.add(shard, new SimulatedLeader(shard, network, pace, clock, faults, invariants));
  }

  /** Looks at some copies, where they are led. */
  CompletableFuture<CopyFindings> verify(byte[] from, byte[] stage, boolean repair) {
    SimulatedLeader leader = ring.leader(ring.shardFor(from));
    return leader.checks().page(from, stage, 0, repair, 1 + random.nextInt(6));
  }

  VirtualClock clock() {
    return clock;
  }

  SimulatedShard shardOf(byte[] key) {
    return ring.shardFor(key);
  }

  /** A product's name; empty if it has none or is not there. */
  String nameOf(byte[] product) {
    StoredItem item = ring.item(product);
    return item == null ? "" : ProductsAndOrders.name(ProductsAndOrders.document(item));
  }

  List<SimulatedShard> shards() {
    return ring.shards();
  }

  /** Until everything is sent and registered. */
  void settle() {
    long end = clock.millis() + 60_000;
    while (clock.millis() < end && !isQuiet() && clock.step()) {
      // Time passes.
    }
    assertThat(isQuiet()).as("quiet at last").isTrue();
    long late = clock.millis() + 1_000;
    while (clock.millis() < late && clock.step()) {
      // Messages that come late or twice.
    }
    invariants.checkSettled();
  }

  /** Something is about to be wrong that nothing but a repair will end. */
  void damage(SimulatedShard shard, Consumer<WriteRows> damage) {
    invariants.suspend();
    shard.damage(damage);
  }

  /** Writes for a while, with everything going wrong that can; then all is given time to settle. */
  void run(int writes) {
    for (int i = 0; i < writes; i++) {
      clock.after(random.nextInt(writes * 10), writers::write);
    }
    for (int i = 0; i < writes / 10; i++) {
      clock.after(random.nextInt(writes * 10), this::misfortune);
    }
    long until = clock.millis() + writes * 10L + 2_000;
    while (clock.millis() < until && clock.step()) {
      // Time passes.
    }
    faults.end();
    settle();
  }

  private void misfortune() {
    int which = random.nextInt(4);
    List<SimulatedShard> shards = ring.shards();
    SimulatedShard shard = shards.get(random.nextInt(shards.size()));
    if (which == 0 && shards.size() < SHARDS_MAX) {
      reshaping.split(shard);
    } else if (which == 1) {
      reshaping.merge(shard);
    } else {
      ring.leader(shard).die();
    }
  }

  private boolean isQuiet() {
    for (SimulatedShard shard : ring.shards()) {
      if (shard.state().reshaping().isFrozen()) {
        return false;
      }
      shard.tick(clock.millis());
      boolean waits =
          shard.read(
              view ->
                  !CopyWork.outgoing(view, NONE, 1).isEmpty()
                      || !CopyWork.changes(view, shard.state(), NONE, 1).isEmpty());
      if (waits) {
        return false;
      }
    }
    return true;
  }

  boolean wasFaulty() {
    return network.wasFaulty();
  }

  int merged() {
    return reshaping.merged();
  }

  int shardCount() {
    return ring.shards().size();
  }

  @Override
  public void close() {
    ring.close();
    engine.close();
  }
}
