package io.henge.bench.micro;

import io.henge.api.item.RequestId;
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
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A replica of a shard on RocksDB without replication, to measure what applying entries costs. */
final class AppliedShard implements AutoCloseable {
  private static final long START_MILLIS = 1_800_000_000_000L;
  private static final long NOT_AFTER_MILLIS = 5_000;

  private final Path directory = Files.createTempDirectory("henge-apply");
  private final RocksStorageEngine engine = new RocksStorageEngine(RocksSettings.of(256L << 20));
  private final ShardStateMachine machine;
  private long index;
  private long sequence;

  /** A fresh one. */
  AppliedShard(List<CollectionInfo> collections) throws IOException {
    StoreSlot slot = StoreSlot.open(engine, directory.resolve("shard"));
    machine = new ShardStateMachine(engine, slot, slot::swap);
    Entry.Create create =
        new Entry.Create(
            header(EntryKind.CREATE),
            new ShardDescription(1, 1, new byte[0], new byte[0]),
            collections);
    apply(EntryCodec.encode(create), create);
  }

  /** Of the next entry. */
  EntryHeader header(EntryKind kind) {
    index++;
    return new EntryHeader(kind, 1, 1, index, START_MILLIS + index);
  }

  /** A command of a request of its own. */
  WriteCommand command(EntryHeader header, Mutation... mutations) {
    sequence++;
    return new WriteCommand(
        new RequestId(7, 7, sequence),
        header.timeMillis() + NOT_AFTER_MILLIS,
        1,
        List.of(mutations));
  }

  /**
   * Applies the entry whose header was made last.
   *
   * @param entry null as on a replica that did not propose it
   */
  @Nullable Object apply(byte[] bytes, @Nullable Entry entry) {
    return machine.apply(new LogPosition(1, index), bytes, entry);
  }

  /** Removes everything. */
  @Override
  public void close() throws IOException {
    machine.close();
    engine.close();
    StoreSlot.remove(directory.resolve("shard"));
    Files.deleteIfExists(directory);
  }
}
