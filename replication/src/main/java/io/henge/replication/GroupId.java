package io.henge.replication;

import java.util.UUID;

/**
 * The identity of a replicated group: a shard of a cluster, or its meta shard (number 0).
 *
 * @param cluster upper half of the cluster's id
 * @param shard number of the shard
 */
public record GroupId(long cluster, long shard) {
  public static final long META = 0;

  public boolean isMeta() {
    return shard == META;
  }

  public UUID uuid() {
    return new UUID(cluster, shard);
  }

  public static GroupId of(UUID uuid) {
    return new GroupId(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
  }

  @Override
  public String toString() {
    return isMeta() ? "meta" : "shard " + shard;
  }
}
