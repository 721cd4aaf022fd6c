package io.henge.replication.shard;

import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.ChangePage;
import org.jspecify.annotations.Nullable;

/**
 * What became of a request for changes.
 *
 * @param error null if it was served
 * @param page set if it was
 */
public record ChangesOutcome(
    @Nullable HengeException error, @Nullable ChangePage page, long appliedIndex) {}
