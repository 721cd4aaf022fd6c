package io.henge.server.copies;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreSlot;
import io.henge.engine.WriteRows;
import io.henge.replication.Consensus;
import io.henge.replication.LogPosition;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.ChildSeed;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.RawRow;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.Reshaping;
import io.henge.replication.statemachine.SeedMaker;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.Spaces;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A shard with a log that never fails: what its replicas agree on. */
final class SimulatedShard implements AutoCloseable {
  private static final long NODE = 0xA1;

  final long id;
  private final StorageEngine engine;
  private final StoreSlot slot;
  private final ShardStateMachine machine;
  private long index;
  private long sequence;

  private SimulatedShard(long id, StorageEngine engine, Path directory, long index) {
    this.id = id;
    this.engine = engine;
    this.index = index;
    this.slot = StoreSlot.open(engine, directory.resolve("shard-" + id));
    this.machine = new ShardStateMachine(engine, slot, slot::swap);
    machine.seedMaker(
        new SeedMaker() {
          @Override
          public void seed(Child child, Consumer<Path> checkpoint) {
            checkpoint.accept(seedOf(directory, child.childId()));
          }
        });
  }

  private static Path seedOf(Path directory, long childId) {
    return directory.resolve("seed-" + childId);
  }

  static SimulatedShard create(
      long id,
      StorageEngine engine,
      Path directory,
      byte[] start,
      byte[] end,
      List<CollectionInfo> collections,
      long millis) {
    SimulatedShard shard = new SimulatedShard(id, engine, directory, 0);
    shard.apply(
        new Entry.Create(
            shard.header(EntryKind.CREATE, millis),
            new ShardDescription(id, 1, start, end),
            collections));
    return shard;
  }

  /** Splits off what lies behind a position. */
  SimulatedShard split(long childId, byte[] at, Path directory, long millis) {
    long epoch = description().epoch();
    ReshapeOutcome outcome =
        reshape(
            new ReshapeCommand.Split(childId, childId, at, epoch, List.of("00000000000000a1")),
            millis);
    if (!outcome.isDone()) {
      throw new IllegalStateException(outcome.message());
    }
    Child child = state().reshaping().children().get(0);
    Path seed = seedOf(directory, childId);
    ChildSeed.finish(engine, seed, child);
    try (StoreSlot empty = StoreSlot.open(engine, directory.resolve("shard-" + childId))) {
      empty.swap(seed);
    }
    return new SimulatedShard(childId, engine, directory, Consensus.SEED_POSITION.index() + 1);
  }

  ReshapeOutcome reshape(ReshapeCommand command, long millis) {
    return (ReshapeOutcome)
        Objects.requireNonNull(apply(new Entry.Reshape(header(command.kind(), millis), command)));
  }

  /** What a merge copies, in order. */
  List<RawRow> copied() {
    List<RawRow> rows = new ArrayList<>();
    ShardDescription shard = description();
    try (ReadView view = slot.snapshot()) {
      for (KeySpace space : Spaces.COPIED) {
        boolean ring = Spaces.isInRingOrder(space);
        byte[] none = new byte[0];
        try (RowCursor cursor =
            view.scan(space, ring ? shard.start() : none, ring ? shard.end() : none, false)) {
          while (cursor.next()) {
            if (Spaces.isCopied(shard, space, cursor.key())) {
              rows.add(new RawRow(space, cursor.key(), cursor.value()));
            }
          }
        }
      }
    }
    return rows;
  }

  /** Takes in what was copied of its neighbour, which is sealed. */
  ReshapeOutcome commit(long operation, SimulatedShard neighbour, long millis) {
    Reshaping.Absorbing absorbing = Objects.requireNonNull(state().reshaping().absorbing());
    ShardState other = neighbour.state();
    return reshape(
        new ReshapeCommand.AbsorbCommit(
            operation,
            neighbour.description().epoch(),
            other.timeMillis(),
            other.version(),
            other.collections(),
            absorbing.rows(),
            absorbing.checksum(),
            other.derived().ready()),
        millis);
  }

  @SuppressWarnings("unchecked")
  WriteOutcome write(WriteCommand command, long millis) {
    List<WriteOutcome> outcomes =
        (List<WriteOutcome>)
            Objects.requireNonNull(
                apply(new Entry.Writes(header(EntryKind.WRITES, millis), List.of(command))));
    return outcomes.get(0);
  }

  @SuppressWarnings("unchecked")
  List<FollowOutcome> follow(List<FollowCommand> commands, long millis) {
    return (List<FollowOutcome>)
        Objects.requireNonNull(
            apply(new Entry.Follow(header(commands.get(0).kind(), millis), commands)));
  }

  void tick(long millis) {
    apply(new Entry.Tick(header(EntryKind.TICK, millis)));
  }

  private @Nullable Object apply(Entry entry) {
    // Through its bytes: what a follower makes of it.
    return machine.apply(new LogPosition(1, index++), EntryCodec.encode(entry), null);
  }

  private EntryHeader header(EntryKind kind, long millis) {
    return new EntryHeader(kind, NODE, 1, sequence++, millis);
  }

  ShardState state() {
    return machine.state();
  }

  ShardDescription description() {
    return Objects.requireNonNull(state().shard());
  }

  <T> T read(Function<ReadView, T> reader) {
    try (ReadView view = slot.snapshot()) {
      return reader.apply(view);
    }
  }

  /** Changes rows as nobody may. */
  void damage(Consumer<WriteRows> damage) {
    try (WriteRows rows = slot.batch()) {
      damage.accept(rows);
      slot.write(rows);
    }
  }

  @Override
  public void close() {
    machine.close();
  }
}
