package io.henge.replication.shard;

import io.henge.replication.statemachine.VerifyPage;

/**
 * What a look at some families has found, and what became of it.
 *
 * @param mended families
 */
public record VerifyOutcome(VerifyPage page, long mended) {}
