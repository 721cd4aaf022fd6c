package io.henge.bench.micro;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.StoreSlot;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import io.henge.replication.LogPosition;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.WriteCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Applying one log entry of puts (1,000 bytes, 100,000 different items) on RocksDB: what every
 * write costs on every replica, apart from replication. Divide by {@code operations} for one write.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
@Fork(1)
public class ApplyBenchmark {
  private static final int COLLECTION = 1;
  private static final int ITEMS = 100_000;
  private static final long START_MILLIS = 1_800_000_000_000L;

  /** Writes in one entry. */
  @Param({"1", "16", "64"})
  public int operations;

  /** On the proposing replica the entry is at hand; on the others it is decoded from its bytes. */
  @Param({"leader", "follower"})
  public String role = "leader";

  private final SplittableRandom random = new SplittableRandom(1);
  private @Nullable Path directory;
  private @Nullable RocksStorageEngine engine;
  private @Nullable ShardStateMachine machine;
  private Entry.@Nullable Writes entry;
  private byte[] bytes = new byte[0];
  private long index;
  private long sequence;

  /** A fresh shard with one collection. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    Path fresh = Files.createTempDirectory("henge-apply");
    RocksStorageEngine storage = new RocksStorageEngine(RocksSettings.of(256L << 20));
    StoreSlot slot = StoreSlot.open(storage, fresh.resolve("shard"));
    ShardStateMachine shard = new ShardStateMachine(storage, slot, slot::swap);
    Entry.Create create =
        new Entry.Create(
            header(EntryKind.CREATE),
            new ShardDescription(1, 1, new byte[0], new byte[0]),
            List.of(new CollectionInfo(COLLECTION, "bench", 0, false, false, 1)));
    shard.apply(new LogPosition(1, index), EntryCodec.encode(create), create);
    directory = fresh;
    engine = storage;
    machine = shard;
  }

  private EntryHeader header(EntryKind kind) {
    index++;
    return new EntryHeader(kind, 1, 1, index, START_MILLIS + index);
  }

  /** Makes the next entry; not measured. */
  @Setup(Level.Invocation)
  public void prepare() {
    List<WriteCommand> commands = new ArrayList<>(operations);
    EntryHeader header = header(EntryKind.WRITES);
    for (int i = 0; i < operations; i++) {
      Key key = Key.of("user" + random.nextInt(ITEMS));
      Mutation put =
          new Mutation(
              PhysicalKey.of(key, COLLECTION, Key.EMPTY),
              Condition.none(),
              new Action.Put(Value.of(new byte[1_000]), Action.TTL_DEFAULT),
              false);
      sequence++;
      commands.add(
          new WriteCommand(
              new RequestId(7, 7, sequence), header.timeMillis() + 5_000, 1, List.of(put)));
    }
    entry = new Entry.Writes(header, commands);
    bytes = EntryCodec.encode(entry);
  }

  @Benchmark
  public @Nullable Object apply() {
    return java.util.Objects.requireNonNull(machine)
        .apply(new LogPosition(1, index), bytes, "leader".equals(role) ? entry : null);
  }

  /** Removes everything. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    if (machine != null && engine != null && directory != null) {
      machine.close();
      engine.close();
      StoreSlot.remove(directory.resolve("shard"));
      Files.deleteIfExists(directory);
    }
  }
}
