package io.henge.replication.statemachine;

/**
 * That the changes of a collection are kept for those who watch it.
 *
 * @param retentionMillis how long a change is kept at least, unless there are more bytes than a
 *     shard keeps
 * @param before whether the document before the change is kept too
 */
public record ChangesInfo(long retentionMillis, boolean before) {}
