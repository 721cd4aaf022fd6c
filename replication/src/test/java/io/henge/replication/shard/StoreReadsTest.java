package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.ReadView;
import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.LogPosition;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.ItemReader;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.WriteCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a read says it has seen, while everything under it is replaced. */
class StoreReadsTest {
  private static final long TIME = 1_000_000;
  private static final byte[] NONE = new byte[0];
  private static final byte[] KEY = PhysicalKey.of(Key.of("k"), 1, Key.EMPTY);

  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  @TempDir Path directory;

  /** A replica whose log is driven by hand. */
  private final class Replica implements AutoCloseable {
    final StoreSlot slot;
    final ShardStateMachine machine;
    final StoreReads reads;
    private long index;

    Replica(String name, Consumer<Replica> duringSwap) {
      slot = StoreSlot.open(engine, directory.resolve(name));
      machine =
          new ShardStateMachine(
              engine,
              slot,
              checkpoint -> {
                duringSwap.accept(this);
                slot.swap(checkpoint);
                duringSwap.accept(this);
              });
      reads = new StoreReads(machine, slot, Runnable::run, () -> -1, 20);
      apply(
          new Entry.Create(
              header(EntryKind.CREATE),
              new ShardDescription(7, 1, NONE, NONE),
              List.of(new CollectionInfo(1, "c", 0, false, false, 1))));
    }

    private EntryHeader header(EntryKind kind) {
      return new EntryHeader(kind, 1, 1, index, TIME + index);
    }

    private void apply(Entry entry) {
      machine.apply(new LogPosition(1, index++), NONE, entry);
    }

    void write(int times) {
      for (int i = 0; i < times; i++) {
        WriteCommand command =
            new WriteCommand(
                new RequestId(1, 2, index),
                TIME + 60_000,
                9,
                List.of(
                    new Mutation(
                        KEY,
                        Condition.none(),
                        new Action.Put(Value.of(index), Action.TTL_NEVER),
                        false)));
        apply(new Entry.Writes(header(EntryKind.WRITES), List.of(command)));
      }
    }

    void install(Replica newer) {
      Path checkpoint = slot.workPath("incoming");
      newer.machine.checkpoint(checkpoint);
      machine.install(checkpoint);
    }

    /** Version of what is stored. */
    long version() {
      try (ReadView view = slot.latest()) {
        return Objects.requireNonNull(ItemReader.get(view, KEY)).version();
      }
    }

    List<ReadOutcome> readAll() {
      List<ReadOutcome> outcomes = new ArrayList<>();
      long never = Long.MAX_VALUE;
      ReadLevel level = ReadLevel.eventual();
      List<byte[]> both = List.of(KEY, PhysicalKey.of(Key.of("other"), 1, Key.EMPTY));
      reads.serve(ReadTask.of(new ReadCommand(List.of(KEY), level), never, collecting(outcomes)));
      reads.serve(ReadTask.of(new ReadCommand(both, level), never, collecting(outcomes)));
      reads.serve(
          ReadTask.of(
              new RangeCommand(NONE, NONE, false, 10, 1 << 20, level),
              never,
              collecting(outcomes)));
      return outcomes;
    }

    @Override
    public void close() {
      machine.close();
    }
  }

  private static Completion<ReadOutcome> collecting(List<ReadOutcome> outcomes) {
    return outcomes::add;
  }

  @Test
  void shouldNameTheVersionOfWhatItReadsWhileACheckpointIsInstalled() {
    List<Long> stored = new ArrayList<>();
    List<List<ReadOutcome>> found = new ArrayList<>();
    Consumer<Replica> look =
        replica -> {
          stored.add(replica.version());
          found.add(replica.readAll());
        };
    try (Replica leader = new Replica("leader", replica -> {});
        Replica follower = new Replica("follower", look)) {
      leader.write(20);
      follower.write(3);
      long before = follower.machine.state().version();
      long after = leader.machine.state().version();
      long index = leader.machine.applied().index();
      follower.install(leader);
      look.accept(follower);

      assertThat(stored).containsExactly(before, after, after);
      assertThat(before).isLessThan(after);
      assertVersions(found.get(0), before, 3);
      assertVersions(found.get(1), after, index);
      assertVersions(found.get(2), after, index);

      follower.index = index + 1;
      follower.write(1);
      assertVersions(follower.readAll(), follower.version(), index + 1);
    }
  }

  /** Neither older than the data, which would break a session, nor newer. */
  private static void assertVersions(List<ReadOutcome> outcomes, long version, long index) {
    assertThat(outcomes).hasSize(3);
    assertThat(outcomes)
        .allSatisfy(
            outcome -> {
              assertThat(outcome.error()).isNull();
              assertThat(Objects.requireNonNull(outcome.items().get(0)).version())
                  .isEqualTo(version);
              assertThat(outcome.shardVersion()).isEqualTo(version);
              assertThat(outcome.shardTimeMillis()).isEqualTo(TIME + index);
              assertThat(outcome.appliedIndex()).isEqualTo(index);
            });
  }
}
