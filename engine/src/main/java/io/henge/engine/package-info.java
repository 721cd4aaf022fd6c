/**
 * Storage of one shard replica: ordered rows in a few key spaces, atomic batches, consistent views,
 * checkpoints. One implementation on RocksDB, one in memory; the same contract tests run on both.
 */
@NullMarked
package io.henge.engine;

import org.jspecify.annotations.NullMarked;
