package io.henge.replication.ratis;

import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.protocol.TermIndex;

/** Henge's words for Ratis' and back. */
final class Ids {
  private Ids() {}

  static RaftGroupId group(GroupId group) {
    return RaftGroupId.valueOf(group.uuid());
  }

  static GroupId group(RaftGroupId group) {
    return GroupId.of(group.getUuid());
  }

  /**
   * A member as Ratis keeps it: the address names the node, not the place, and is resolved when
   * somebody connects. So a node may move without a change in any log. All priorities are equal: an
   * unequal one would make transfers of leadership fail.
   */
  static RaftPeer peer(Member member) {
    return RaftPeer.newBuilder()
        .setId(member.nodeId())
        .setAddress(PeerAddresses.target(member.nodeId()))
        .build();
  }

  static List<RaftPeer> peers(Collection<Member> members) {
    return members.stream().map(Ids::peer).toList();
  }

  static Membership membership(RaftConfiguration conf, long committed, Addresses addresses) {
    Collection<RaftPeer> current = conf.getAllPeers(RaftPeerRole.FOLLOWER);
    List<Member> members =
        current.stream()
            .map(peer -> peer.getId().toString())
            .map(id -> new Member(id, addresses.of(id)))
            .sorted(Comparator.comparing(Member::nodeId))
            .toList();
    boolean stable =
        conf.getPreviousPeers(RaftPeerRole.FOLLOWER).isEmpty()
            && conf.getLogEntryIndex() <= committed;
    return new Membership(members, conf.getLogEntryIndex(), stable);
  }

  static TermIndex termIndex(LogPosition position) {
    return TermIndex.valueOf(position.term(), position.index());
  }

  static LogPosition position(TermIndex termIndex) {
    return new LogPosition(termIndex.getTerm(), termIndex.getIndex());
  }

  /** Where a node is, or an empty string. */
  @FunctionalInterface
  interface Addresses {
    String of(String nodeId);
  }
}
