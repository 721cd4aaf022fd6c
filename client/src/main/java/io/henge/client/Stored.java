package io.henge.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A document as it was read.
 *
 * @param version rises with every change of the document, for ever
 * @param expiresAt when it expires, in the shard's replicated time
 * @param copies what its copies from other shards show, if that was asked for: {@link
 *     ReadOptions#withCopyInfo}
 */
public record Stored<T>(
    T document, long version, Optional<Instant> expiresAt, List<CopyInfo> copies) {
  public Stored {
    copies = List.copyOf(copies);
  }

  public Stored(T document, long version, Optional<Instant> expiresAt) {
    this(document, version, expiresAt, List.of());
  }
}
