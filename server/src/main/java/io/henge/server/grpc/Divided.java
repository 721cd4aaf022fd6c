package io.henge.server.grpc;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.Error;
import io.henge.replication.statemachine.Mutation;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Requests for several items of one sharding key that a boundary divides: says where, so that their
 * author can divide them there. The replica that refused one knows its own range only.
 */
final class Divided {
  /** Most shards that a message names. */
  private static final int NAMED_MAX = 8;

  private Divided() {}

  /** Adds the shards that hold the other items of a read, if there are any. */
  static void addShards(Error.Builder error, Parsed.Read read, RingView ring) {
    List<byte[]> keys = read.command().keys();
    if (keys.size() < 2) {
      return;
    }
    ShardMap map = ring.map();
    Set<Long> named = new HashSet<>();
    error.getShardsList().forEach(shard -> named.add(shard.getShardId()));
    for (byte[] key : keys) {
      Shard shard = map.shardFor(key);
      if (shard != null && named.size() < RingView.SHARDS_MAX && named.add(shard.id())) {
        error.addShards(shard.toDescriptor());
      }
    }
  }

  /**
   * Puts the refusal of a write in words, and adds the shards, if the write lies in several. Else
   * leaves it as it is.
   */
  static void explain(Error.Builder error, Parsed.Write write, RingView ring, ShardMap names) {
    List<Mutation> mutations = write.command().mutations();
    if (mutations.size() < 2) {
      return;
    }
    ShardMap map = ring.map();
    Shard first = map.shardFor(mutations.get(0).key());
    int beyond = 1;
    while (beyond < mutations.size() && isIn(first, mutations.get(beyond).key())) {
      beyond++;
    }
    if (first == null || beyond == mutations.size()) {
      return;
    }
    byte[] any = mutations.get(0).key();
    byte[] all = Arrays.copyOf(any, PhysicalKey.endOfShardingKey(any) + 1);
    List<Shard> shards = map.shardsIn(all, PhysicalKey.endOfPrefix(all));
    shards.stream().limit(NAMED_MAX).forEach(shard -> error.addShards(shard.toDescriptor()));
    Shard other = map.shardFor(mutations.get(beyond).key());
    error
        .setMutation(beyond)
        .setMessage(
            "mutations: all of one write must lie in one shard, and boundaries divide sharding key "
                + PhysicalKey.shardingKey(any)
                + ": "
                + shards.stream()
                    .limit(NAMED_MAX)
                    .map(shard -> holding(shard, all, names))
                    .collect(Collectors.joining("; "))
                + (shards.size() > NAMED_MAX ? "; " + (shards.size() - NAMED_MAX) + " more" : "")
                + ". Mutation 0 lies in shard "
                + first.id()
                + ", mutation "
                + beyond
                + " in "
                + (other == null ? "another one" : "shard " + other.id())
                + ". Write what lies in each shard by itself, or merge the shards. (Only collections"
                + " that were created divisible are divided so)");
  }

  private static boolean isIn(@Nullable Shard shard, byte[] key) {
    return shard != null && shard.contains(key);
  }

  /** What a shard has of the sharding key. */
  private static String holding(Shard shard, byte[] prefix, ShardMap names) {
    boolean begins = Arrays.compareUnsigned(shard.start(), prefix) > 0;
    byte[] stop = PhysicalKey.endOfPrefix(prefix);
    boolean ends =
        shard.end().length != 0
            && (stop.length == 0 || Arrays.compareUnsigned(shard.end(), stop) < 0);
    return "shard "
        + shard.id()
        + " holds"
        + (begins ? " from " + position(shard.start(), prefix, names) : " it")
        + (ends
            ? " up to " + position(shard.end(), prefix, names) + " (exclusive)"
            : " to the end");
  }

  /** A boundary in words of the one who wrote the items, if it is an item's key. */
  private static String position(byte[] boundary, byte[] prefix, ShardMap names) {
    try {
      Key sortKey = PhysicalKey.sortKey(boundary);
      CollectionRecord collection = names.collection(PhysicalKey.collectionId(boundary));
      return (collection == null
              ? "collection " + PhysicalKey.collectionId(boundary)
              : collection.getName())
          + (sortKey.isEmpty() ? "" : " " + sortKey);
    } catch (IllegalArgumentException | HengeException e) {
      return "bytes 0x" + HexFormat.of().formatHex(boundary, prefix.length, boundary.length);
    }
  }
}
