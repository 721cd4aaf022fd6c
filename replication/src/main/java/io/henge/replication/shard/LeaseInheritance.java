package io.henge.replication.shard;

/**
 * What a shard's replica knows of other nodes' leases when it splits a child off, for its replica
 * of the child. Only the node that has proposed the split, in the leadership in which it has
 * applied it, has one: {@link ReplicatedShard#inheritance}. Lost when the process ends.
 */
public final class LeaseInheritance {
  final boolean foreignSeen;
  final long foreignNanos;
  final boolean floorSet;
  final long floorNanos;

  LeaseInheritance(boolean foreignSeen, long foreignNanos, boolean floorSet, long floorNanos) {
    this.foreignSeen = foreignSeen;
    this.foreignNanos = foreignNanos;
    this.floorSet = floorSet;
    this.floorNanos = floorNanos;
  }
}
