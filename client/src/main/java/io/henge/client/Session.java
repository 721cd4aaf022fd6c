package io.henge.client;

import java.util.concurrent.ConcurrentHashMap;

/**
 * What one user of the application has seen: for each shard the highest version in an answer so
 * far. Give it to reads with {@link ReadOptions#session}; writes through a client opened with it
 * count in. Thread-safe.
 */
public final class Session {
  private final ConcurrentHashMap<Long, Long> versions = new ConcurrentHashMap<>();

  /** Notes an answer. */
  public void observe(long shardId, long version) {
    versions.merge(shardId, version, Math::max);
  }

  /** The version that the next answer of a shard must have reached; 0 = any. */
  public long version(long shardId) {
    return versions.getOrDefault(shardId, 0L);
  }
}
