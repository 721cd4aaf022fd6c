package io.henge.replication.statemachine;

/**
 * What apply needs to know of a collection; installed in every shard by a log entry.
 *
 * @param ttlMillisDefault 0 = its items do not expire
 * @param changedIn catalogue version of this description
 */
public record CollectionInfo(
    int id,
    String name,
    long ttlMillisDefault,
    boolean divisible,
    boolean dropped,
    long changedIn) {}
