package io.henge.replication.statemachine;

import java.util.List;

/**
 * A shard that was split off, until it is trimmed.
 *
 * @param childId its shard id
 * @param operationId of the split
 * @param description its range and epoch at the split
 * @param members node ids of the members of its group, the parent's at the split; no others may
 *     make a replica of it from a seed
 * @param timeMillis the shard's time at the split
 * @param version the shard's version at the split
 */
public record Child(
    long childId,
    long operationId,
    ShardDescription description,
    List<String> members,
    long timeMillis,
    long version) {

  public Child {
    members = List.copyOf(members);
  }
}
