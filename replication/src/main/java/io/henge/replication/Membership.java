package io.henge.replication;

import java.util.List;

/**
 * Members of a group as agreed in its log.
 *
 * @param members in order of node id
 * @param index log index of the change that made it so
 * @param stable whether no change is under way
 */
public record Membership(List<Member> members, long index, boolean stable) {
  public boolean contains(String nodeId) {
    return members.stream().anyMatch(member -> member.nodeId().equals(nodeId));
  }
}
