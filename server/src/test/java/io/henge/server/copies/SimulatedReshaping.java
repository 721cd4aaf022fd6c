package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.replication.statemachine.RawRow;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.Reshaping;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;

/** Splits shards and merges them, a step at a time, while others go on. */
final class SimulatedReshaping {
  private final SimulatedRing ring;
  private final VirtualClock clock;
  private final CopyInvariants invariants;
  private final Random random;
  private final Path directory;
  private final Consumer<SimulatedShard> onChild;
  private long nextShard = 100;
  private int merged;

  /**
   * Reshapes a ring.
   *
   * @param onChild is given every new shard, and puts it into the ring
   */
  SimulatedReshaping(
      SimulatedRing ring,
      VirtualClock clock,
      CopyInvariants invariants,
      Random random,
      Path directory,
      Consumer<SimulatedShard> onChild) {
    this.ring = ring;
    this.clock = clock;
    this.invariants = invariants;
    this.random = random;
    this.directory = directory;
    this.onChild = onChild;
  }

  /** How many have become part of their neighbours. */
  int merged() {
    return merged;
  }

  /** Somewhere, if nothing stands against it. */
  void split(SimulatedShard shard) {
    byte[] at = new byte[] {(byte) random.nextInt(256), (byte) random.nextInt(256)};
    if (!shard.description().contains(at)
        || Arrays.equals(at, shard.description().start())
        || isBusy(shard)
        || shard.state().reshaping().untrimmed() != null) {
      return;
    }
    SimulatedShard child = shard.split(nextShard++, at, directory, clock.millis());
    onChild.accept(child);
    clock.after(random.nextInt(300), () -> trim(shard, List.of(child.id)));
    clock.after(random.nextInt(300), () -> trim(child, List.of()));
    invariants.check();
  }

  /** One operation at a time has to do with a shard: whoever plans them sees to that. */
  private static boolean isBusy(SimulatedShard shard) {
    Reshaping reshaping = shard.state().reshaping();
    return !reshaping.children().isEmpty()
        || reshaping.frozen() != null
        || reshaping.absorbing() != null;
  }

  /** A shard takes in its right neighbour, or begins to and gives it up. */
  void merge(SimulatedShard left) {
    SimulatedShard right = ring.rightOf(left);
    if (right == null || isBusy(right)) {
      return;
    }
    long operation = nextShard++;
    boolean begun =
        left.reshape(new ReshapeCommand.Absorb(operation, right.description()), clock.millis())
            .isDone();
    if (!begun) {
      return;
    }
    boolean frozen =
        right.reshape(new ReshapeCommand.Freeze(operation, left.id), clock.millis()).isDone();
    invariants.check();
    boolean givenUp = !frozen || random.nextInt(4) == 0;
    List<RawRow> rows = right.copied();
    clock.after(random.nextInt(100), () -> copy(operation, left, right, rows, 0, givenUp));
  }

  private void copy(
      long operation,
      SimulatedShard left,
      SimulatedShard right,
      List<RawRow> rows,
      int from,
      boolean givenUp) {
    int to = Math.min(rows.size(), from + 1 + random.nextInt(rows.size() + 1));
    if (givenUp && (from == rows.size() || random.nextBoolean())) {
      left.reshape(new ReshapeCommand.AbsorbAbort(operation), clock.millis());
      right.reshape(new ReshapeCommand.Thaw(operation), clock.millis());
      trim(left, List.of());
      return;
    }
    byte[] position = Objects.requireNonNull(left.state().reshaping().absorbing()).position();
    boolean last = to == rows.size() && !givenUp;
    byte[] end = last ? ReshapeCommand.AbsorbRows.END : rows.get(to - 1).position();
    ReshapeOutcome copied =
        left.reshape(
            new ReshapeCommand.AbsorbRows(operation, position, end, rows.subList(from, to)),
            clock.millis());
    assertThat(copied.message()).isEmpty();
    invariants.check();
    if (last) {
      commit(operation, left, right);
    } else {
      clock.after(random.nextInt(100), () -> copy(operation, left, right, rows, to, givenUp));
    }
  }

  private void commit(long operation, SimulatedShard left, SimulatedShard right) {
    right.reshape(new ReshapeCommand.Seal(operation), clock.millis());
    ReshapeOutcome committed = left.commit(operation, right, clock.millis());
    assertThat(committed.message()).isEmpty();
    SimulatedLeader former = ring.remove(right);
    former.die();
    clock.after(random.nextInt(500), former::end);
    merged++;
    invariants.check();
  }

  private void trim(SimulatedShard shard, List<Long> children) {
    shard.reshape(new ReshapeCommand.Trim(children), clock.millis());
    invariants.check();
    if (shard.state().reshaping().untrimmed() != null) {
      clock.after(random.nextInt(50), () -> trim(shard, children));
    }
  }
}
