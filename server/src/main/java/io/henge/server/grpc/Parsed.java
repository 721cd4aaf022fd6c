package io.henge.server.grpc;

import io.henge.api.item.ReadLevel;
import io.henge.replication.shard.RangeCommand;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.WriteCommand;
import java.util.List;

/** A request that has been checked, in the words of the replica. */
sealed interface Parsed {
  /** Physical key that decides the shard. */
  byte[] key();

  /** Collections it touches; the shard must know them. */
  List<CollectionInfo> collections();

  /** Whether only the leader serves it. */
  boolean leaderOnly();

  record Write(byte[] key, List<CollectionInfo> collections, WriteCommand command)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return true;
    }
  }

  record Read(byte[] key, List<CollectionInfo> collections, ReadCommand command) implements Parsed {
    @Override
    public boolean leaderOnly() {
      return command.level() == ReadLevel.linearizable();
    }
  }

  record Range(byte[] key, List<CollectionInfo> collections, RangeCommand command)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return command.level() == ReadLevel.linearizable();
    }
  }
}
