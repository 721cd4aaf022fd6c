package io.henge.client;

import io.henge.api.key.Key;
import java.time.Instant;
import java.util.Optional;

/**
 * A change of a document.
 *
 * @param kind what happened
 * @param version rises with every change of a sharding key's documents; those of one write may
 *     share one
 * @param id the document's id without what is in the sharding key
 * @param after the document afterwards; empty if it is gone
 * @param before the document before, if the collection keeps it and there was one
 */
public record DocumentChange<T>(
    Kind kind,
    long version,
    Key shardingKey,
    Key id,
    Optional<Stored<T>> after,
    Optional<Stored<T>> before) {

  /** What happened. */
  public enum Kind {
    /** Inserted, replaced or patched. */
    PUT,
    DELETE,
    /** Its time to live was over. */
    EXPIRE,
    /** Nothing: it was there when the watch came by, which asked for what is there first. */
    PRESENT
  }

  /** When it happened, in the shard's replicated time. */
  public Instant time() {
    return Instant.ofEpochMilli(version >>> 16);
  }
}
