package io.henge.server.grpc;

import io.henge.api.item.ReadLevel;
import io.henge.api.v1.DocumentForm;
import io.henge.replication.shard.RangeCommand;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.statemachine.ChangeQuery;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that has been checked, in the words of the replica. */
sealed interface Parsed {
  /** Where it is: decides the shard. */
  Place place();

  /** Collections it touches; the shard must know them. */
  List<CollectionInfo> collections();

  /** Whether only the leader serves it. */
  boolean leaderOnly();

  /** Whether the answer tells of copies of documents on other shards. */
  default boolean tellsOfCopies() {
    return false;
  }

  /**
   * A place on the ring.
   *
   * @param key physical key
   * @param before whether what comes right before the key is meant: a descending scan begins there
   */
  record Place(byte[] key, boolean before) {
    static Place at(byte[] key) {
      return new Place(key, false);
    }

    /** The shard that holds it, or null if the map has a gap there. */
    @Nullable Shard in(ShardMap map) {
      return before ? map.shardBefore(key) : map.shardFor(key);
    }

    boolean isIn(ShardDescription shard) {
      return before ? shard.containsBefore(key) : shard.contains(key);
    }
  }

  record Write(Place place, List<CollectionInfo> collections, WriteCommand command)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return true;
    }
  }

  record Read(Place place, List<CollectionInfo> collections, ReadCommand command)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return command.level() == ReadLevel.linearizable();
    }

    @Override
    public boolean tellsOfCopies() {
      return command.copies();
    }
  }

  /**
   * @param prefix what all keys of the scan begin with
   */
  record Range(Place place, byte[] prefix, List<CollectionInfo> collections, RangeCommand command)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return command.level() == ReadLevel.linearizable();
    }

    @Override
    public boolean tellsOfCopies() {
      return command.copies();
    }
  }

  /**
   * @param find makes the answer
   */
  record Find(
      Place place,
      List<CollectionInfo> collections,
      RangeCommand command,
      io.henge.server.grpc.Find find)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return command.level() == ReadLevel.linearizable();
    }

    @Override
    public boolean tellsOfCopies() {
      return command.copies();
    }
  }

  /**
   * @param waitMillis how long it may wait for a change
   */
  record Changes(
      Place place,
      List<CollectionInfo> collections,
      ChangeQuery query,
      int waitMillis,
      DocumentForm form)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return true;
    }
  }

  /**
   * @param collectionId 0 = all
   * @param stage empty = what is derived within sharding keys; else of copies of other documents
   */
  record Verify(
      Place place,
      List<CollectionInfo> collections,
      byte[] from,
      byte[] stage,
      int collectionId,
      boolean repair)
      implements Parsed {
    @Override
    public boolean leaderOnly() {
      return true;
    }
  }
}
