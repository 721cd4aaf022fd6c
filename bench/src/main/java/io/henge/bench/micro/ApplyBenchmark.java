package io.henge.bench.micro;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.WriteCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

  /** Writes in one entry. */
  @Param({"1", "16", "64"})
  public int operations;

  /** On the proposing replica the entry is at hand; on the others it is decoded from its bytes. */
  @Param({"leader", "follower"})
  public String role = "leader";

  private final SplittableRandom random = new SplittableRandom(1);
  private @Nullable AppliedShard shard;
  private Entry.@Nullable Writes entry;
  private byte[] bytes = new byte[0];

  /** A fresh shard with one collection. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    shard = new AppliedShard(List.of(new CollectionInfo(COLLECTION, "bench", 0, false, false, 1)));
  }

  /** Makes the next entry; not measured. */
  @Setup(Level.Invocation)
  public void prepare() {
    AppliedShard applied = Objects.requireNonNull(shard);
    EntryHeader header = applied.header(EntryKind.WRITES);
    List<WriteCommand> commands = new ArrayList<>(operations);
    for (int i = 0; i < operations; i++) {
      Key key = Key.of("user" + random.nextInt(ITEMS));
      commands.add(
          applied.command(
              header,
              new Mutation(
                  PhysicalKey.of(key, COLLECTION, Key.EMPTY),
                  Condition.none(),
                  new Action.Put(Value.of(new byte[1_000]), Action.TTL_DEFAULT),
                  false)));
    }
    entry = new Entry.Writes(header, commands);
    bytes = EntryCodec.encode(entry);
  }

  @Benchmark
  public @Nullable Object apply() {
    return Objects.requireNonNull(shard).apply(bytes, "leader".equals(role) ? entry : null);
  }

  /** Removes everything. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    if (shard != null) {
      shard.close();
    }
  }
}
