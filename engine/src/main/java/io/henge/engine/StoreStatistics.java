package io.henge.engine;

/**
 * Figures of one store.
 *
 * @param rowsEstimated rows over all key spaces, estimated
 * @param diskBytes bytes of its files
 * @param memtableBytes bytes not yet flushed
 * @param flushes flushes since it was opened
 * @param pendingCompactionBytes estimated bytes that compaction has still to rewrite
 */
public record StoreStatistics(
    long rowsEstimated,
    long diskBytes,
    long memtableBytes,
    long flushes,
    long pendingCompactionBytes) {}
