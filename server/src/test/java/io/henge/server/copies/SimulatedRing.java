package io.henge.server.copies;

import io.henge.api.key.PhysicalKey;
import io.henge.replication.statemachine.ItemReader;
import io.henge.replication.statemachine.StoredItem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The shards that there are, in the order of their ranges, and who leads them. */
final class SimulatedRing implements AutoCloseable {
  private final List<SimulatedShard> shards = new ArrayList<>();
  private final List<SimulatedShard> gone = new ArrayList<>();
  private final Map<Long, SimulatedLeader> leaders = new HashMap<>();

  void add(SimulatedShard shard, SimulatedLeader leader) {
    shards.add(shard);
    shards.sort(
        Comparator.comparing(
            one -> PhysicalKey.token(one.description().start()), Long::compareUnsigned));
    leaders.put(shard.id, leader);
  }

  /**
   * Takes out a shard that has become part of its neighbour.
   *
   * @return who led it: it may not hear of that for a while
   */
  SimulatedLeader remove(SimulatedShard shard) {
    shards.remove(shard);
    gone.add(shard);
    return Objects.requireNonNull(leaders.remove(shard.id));
  }

  SimulatedShard shardFor(byte[] position) {
    for (SimulatedShard shard : shards) {
      if (shard.description().contains(position)) {
        return shard;
      }
    }
    throw new IllegalStateException("a hole in the ring");
  }

  SimulatedLeader leader(SimulatedShard shard) {
    return Objects.requireNonNull(leaders.get(shard.id));
  }

  /** The item under a key, wherever it is; null if there is none. */
  @Nullable StoredItem item(byte[] key) {
    return shardFor(key).read(view -> ItemReader.get(view, key));
  }

  /** What comes behind a shard; null if it is the last one, or has gone. */
  @Nullable SimulatedShard rightOf(SimulatedShard shard) {
    int at = shards.indexOf(shard);
    return at < 0 || at + 1 == shards.size() ? null : shards.get(at + 1);
  }

  List<SimulatedShard> shards() {
    return List.copyOf(shards);
  }

  @Override
  public void close() {
    shards.forEach(SimulatedShard::close);
    gone.forEach(SimulatedShard::close);
  }
}
