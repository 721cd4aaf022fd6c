package io.henge.api.key;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;

/**
 * A position on the ring: the XXH3 64-bit hash (seed 0) of an encoded sharding key, read as an
 * unsigned number. It decides where data lies on disk and on which shard, so it can never change;
 * golden tests pin it.
 */
public final class Token {
  private static final Hasher64 XXH3 = Hashing.xxh3_64();

  private Token() {}

  /** The token of an encoded sharding key. */
  public static long of(byte[] encodedShardingKey) {
    return XXH3.hashBytesToLong(encodedShardingKey);
  }
}
