package io.henge.testkit.simulation;

import io.henge.api.item.ReadLevel;
import io.henge.api.item.Value;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.statemachine.StoredItem;
import java.util.List;
import java.util.Random;

/**
 * Reads counters, which only grow, from any replica, and checks what the level promises: a session
 * never goes back, and a bounded read is not older than it says.
 */
final class FollowerReader {
  private static final long BOUND_MILLIS = 700;
  private static final long TIMEOUT_NANOS = 1_000_000_000L;
  private static final byte[] KEY = SimulatedClient.physicalKey("counter0");

  private final SimulatedShard shard;
  private final Histories histories;
  private final Random random;
  private final boolean checksAge;
  private long sessionVersion;
  private long sessionCounter;
  private int served;
  private boolean stopped;

  /**
   * @param checksAge false if leases are broken in the run: ages are learned from leaders
   */
  FollowerReader(SimulatedShard shard, Histories histories, boolean checksAge) {
    this.shard = shard;
    this.histories = histories;
    this.random = shard.time().random();
    this.checksAge = checksAge;
  }

  int served() {
    return served;
  }

  void run() {
    shard.time().schedule(5_000_000L + (long) (random.nextDouble() * 30_000_000), this::read);
  }

  void stop() {
    stopped = true;
  }

  private void read() {
    if (stopped) {
      return;
    }
    long begun = shard.time().nanos();
    String node = SimulatedShard.NODES.get(random.nextInt(3));
    // A leader asked for a version that it has not reached proposes an entry, and so finds out that
    // it leads no more: not where others are to catch it believing that it does.
    ReadLevel level =
        random.nextBoolean() && checksAge
            ? new ReadLevel.Session(sessionVersion)
            : new ReadLevel.Bounded(BOUND_MILLIS);
    shard
        .cluster()
        .send(
            "reader",
            node,
            () ->
                shard
                    .serving(node, KEY)
                    .shard()
                    .read(
                        new ReadCommand(List.of(KEY), level),
                        shard.cluster().node(node).nanoTime() + TIMEOUT_NANOS,
                        outcome -> check(level, begun, outcome)));
    run();
  }

  private void check(ReadLevel level, long begun, ReadOutcome outcome) {
    if (outcome.error() != null) {
      return;
    }
    served++;
    StoredItem item = outcome.items().get(0);
    long counter = item != null && item.value() instanceof Value.Counter c ? c.value() : 0;
    if (level instanceof ReadLevel.Bounded && checksAge) {
      long since = begun - outcome.stalenessMillis() * 1_000_000;
      long expected = histories.counterAt(KEY, since);
      if (outcome.stalenessMillis() < 0
          || outcome.stalenessMillis() > BOUND_MILLIS
          || counter < expected) {
        throw new AssertionError(
            "a read said to be at most "
                + outcome.stalenessMillis()
                + " ms old found "
                + counter
                + " where "
                + expected
                + " had been acknowledged by then");
      }
    } else if (level instanceof ReadLevel.Session asked
        && asked.token().versionFor(0, -1) == sessionVersion) {
      if (counter < sessionCounter) {
        throw new AssertionError(
            "a session that had seen " + sessionCounter + " then found " + counter);
      }
      sessionCounter = counter;
      sessionVersion = Math.max(sessionVersion, outcome.shardVersion());
    }
  }
}
