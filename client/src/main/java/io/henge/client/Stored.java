package io.henge.client;

import java.time.Instant;
import java.util.Optional;

/**
 * A document as it was read.
 *
 * @param version rises with every change of the document, for ever
 * @param expiresAt when it expires, in the shard's replicated time
 */
public record Stored<T>(T document, long version, Optional<Instant> expiresAt) {}
