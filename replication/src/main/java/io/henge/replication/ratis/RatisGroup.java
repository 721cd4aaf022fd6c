package io.henge.replication.ratis;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This node's replica of a group: one division of the node's Ratis server. */
final class RatisGroup implements ConsensusGroup {
  private static final Logger LOG = LoggerFactory.getLogger(RatisGroup.class);
  private static final RaftClientRequest.Type WRITE = RaftClientRequest.writeRequestType();

  private final RatisConsensus consensus;
  private final GroupId id;
  private final GroupBridge bridge;
  private final RaftServer.Division division;

  /**
   * The division takes requests itself, though its interface does not say so. Through the server
   * each one would change threads twice, at 22-25 us.
   */
  private final RaftClientAsynchronousProtocol proposer;

  /** New in each life of the replica, so that call ids never repeat. */
  private final ClientId client = ClientId.randomId();

  private final RaftGroupId raftGroup;
  private final RaftPeerId self;
  private final MemberChanges changes;

  RatisGroup(RatisConsensus consensus, GroupId id, GroupBridge bridge) {
    this.consensus = consensus;
    this.id = id;
    this.bridge = bridge;
    this.division = bridge.division();
    this.proposer = (RaftClientAsynchronousProtocol) division;
    this.raftGroup = Ids.group(id);
    this.self = RaftPeerId.valueOf(consensus.nodeId());
    this.changes = new MemberChanges(consensus, this, client, raftGroup, self);
  }

  @Override
  public GroupId id() {
    return id;
  }

  @Override
  public boolean isLeader() {
    return division.getInfo().isLeaderReady();
  }

  @Override
  public long term() {
    return division.getInfo().getCurrentTerm();
  }

  @Override
  public @Nullable String leader() {
    if (!isMember()) {
      // It knows who began to take it in, and nobody tells it of later leaders.
      return null;
    }
    RaftPeerId leader = division.getInfo().getLeaderId();
    return leader == null ? null : leader.toString();
  }

  /** As far as it knows. */
  private boolean isMember() {
    return division.getRaftConf().getPeer(self) != null;
  }

  @Override
  public Membership membership() {
    return bridge.membership();
  }

  @Override
  public CompletableFuture<@Nullable Object> propose(byte[] entry, @Nullable Object context) {
    if (entry.length > consensus.settings().entryBytesMax()) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "a log entry has at most "
                  + consensus.settings().entryBytesMax()
                  + " bytes; found "
                  + entry.length));
    }
    Proposal proposal = new Proposal(entry, context);
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(client)
            .setServerId(self)
            .setGroupId(raftGroup)
            .setCallId(consensus.nextCallId())
            .setMessage(proposal)
            .setType(WRITE)
            .build();
    CompletableFuture<RaftClientReply> reply;
    try {
      reply = proposer.submitClientRequestAsync(request);
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(Failures.ofProposal(proposal, e));
    }
    CompletableFuture<@Nullable Object> answer = new CompletableFuture<>();
    reply.whenComplete(
        (done, thrown) -> {
          if (thrown == null && done.isSuccess()) {
            answer.complete(proposal.result());
          } else {
            Throwable cause = thrown != null ? thrown : done.getException();
            answer.completeExceptionally(Failures.ofProposal(proposal, cause));
          }
        });
    return answer;
  }

  @Override
  public int entryBytesMax() {
    return consensus.settings().entryBytesMax();
  }

  @Override
  public long committedIndex() {
    return division.getRaftLog().getLastCommittedIndex();
  }

  @Override
  public long logStartIndex() {
    return division.getRaftLog().getStartIndex();
  }

  @Override
  public CompletableFuture<Membership> changeMembers(List<Member> members, Duration timeout) {
    return changes.start(members, timeout);
  }

  /** A replica that is starting does not answer, though its node may. */
  @Override
  public long silentMillis(String nodeId) {
    for (ServerRpcProto follower :
        division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList()) {
      if (follower.getId().getId().toStringUtf8().equals(nodeId)) {
        return follower.getLastRpcElapsedTimeMs();
      }
    }
    return Long.MAX_VALUE;
  }

  /** Not what it has, but what it knows to be committed: a heartbeat less at most. */
  @Override
  public long reachedIndex(String nodeId) {
    if (division.getInfo().isLeader()) {
      for (CommitInfoProto info : division.getCommitInfos()) {
        if (info.getServer().getId().toStringUtf8().equals(nodeId)) {
          return info.getCommitIndex();
        }
      }
    }
    return -1;
  }

  @Override
  public CompletableFuture<Void> transferLeadership(String nodeId, Duration timeout) {
    TransferLeadershipRequest request =
        new TransferLeadershipRequest(
            client,
            self,
            raftGroup,
            consensus.nextCallId(),
            RaftPeerId.valueOf(nodeId),
            timeout.toMillis());
    return consensus
        .reply(server -> server.transferLeadershipAsync(request))
        .orTimeout(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS)
        .handle(RatisGroup::done);
  }

  /**
   * Ratis has a door for it: what a leader says to the member it hands over to. There is no
   * pre-vote, and a member whose log is behind refuses by itself.
   */
  @Override
  public void standForElection() {
    consensus.block(
        () -> {
          try {
            TermIndex last = lastEntry();
            if (last == null || division.getInfo().isLeader() || !isMember()) {
              // One that is not a member as far as it knows would give itself up.
              return;
            }
            RaftPeerId leader = division.getInfo().getLeaderId();
            if (leader == null && last.getTerm() < term()) {
              standAgain();
              return;
            }
            division
                .getRaftServer()
                .startLeaderElection(
                    StartLeaderElectionRequestProto.newBuilder()
                        .setServerRequest(
                            RaftRpcRequestProto.newBuilder()
                                .setRequestorId((leader == null ? self : leader).toByteString())
                                .setReplyId(self.toByteString())
                                .setRaftGroupId(
                                    RaftGroupIdProto.newBuilder().setId(raftGroup.toByteString())))
                        .setLeaderLastEntry(last.toProto())
                        .build());
          } catch (IOException | RuntimeException e) {
            LOG.info("{} of node {} could not stand for election: {}", id, self, e.toString());
          }
        });
  }

  /**
   * After an election that nobody has won, such as that of a member whose log is shorter. The door
   * above is shut then, since no leader of this term can have opened it; without this, timeouts of
   * up to twice their length would decide.
   */
  private void standAgain() throws IOException {
    RaftStorageMetadata vote = division.getRaftStorage().getMetadataFile().getMetadata();
    String votedFor = String.valueOf(vote.getVotedFor());
    boolean other = !votedFor.isEmpty() && !votedFor.equals(self.toString());
    if ((vote.getTerm() == term() && other) || !division.getInfo().isFollower()) {
      // An election is under way that may be won.
      return;
    }
    try {
      Method candidate = division.getClass().getDeclaredMethod("changeToCandidate", boolean.class);
      candidate.setAccessible(true);
      synchronized (division) {
        if (division.getInfo().isFollower() && division.getInfo().getLeaderId() == null) {
          candidate.invoke(division, true);
        }
      }
    } catch (ReflectiveOperationException e) {
      LOG.info("{} of node {} has to wait for its election timeout: {}", id, self, e.toString());
    }
  }

  /**
   * To be called now and then. A replica that restarts while its group changes members is one in
   * the old list or the new one only, and Ratis then has it wait for a leader; but a leader may
   * need its vote.
   */
  void takePart() {
    if (division.getInfo().getLifeCycleState() != LifeCycle.State.STARTING || !isMember()) {
      return;
    }
    try {
      Method start = division.getClass().getDeclaredMethod("startAsPeer", RaftPeerRole.class);
      start.setAccessible(true);
      synchronized (division) {
        if (division.getInfo().getLifeCycleState() == LifeCycle.State.STARTING && isMember()) {
          start.invoke(division, RaftPeerRole.FOLLOWER);
          LOG.info("{} of node {} takes part: {}", id, self, division.getRaftConf());
        }
      }
    } catch (ReflectiveOperationException e) {
      LOG.warn("{} of node {} has to wait for a leader: {}", id, self, e.toString());
    }
  }

  private @Nullable TermIndex lastEntry() {
    TermIndex last = division.getRaftLog().getLastEntryTermIndex();
    if (last != null) {
      return last;
    }
    SnapshotInfo snapshot = bridge.getLatestSnapshot();
    return snapshot == null ? null : snapshot.getTermIndex();
  }

  @Override
  public CompletableFuture<Void> purgeLog() {
    if (bridge.holdsLog()) {
      return CompletableFuture.completedFuture(null);
    }
    SnapshotManagementRequest request =
        SnapshotManagementRequest.newCreate(
            client, self, raftGroup, consensus.nextCallId(), 10_000, 1);
    return consensus
        .reply(server -> server.snapshotManagementAsync(request))
        .handle(RatisGroup::done);
  }

  @Override
  public CompletableFuture<Void> stop(boolean delete) {
    bridge.expectClose(delete);
    GroupManagementRequest request =
        GroupManagementRequest.newRemove(
            client, self, consensus.nextCallId(), raftGroup, delete, false);
    return consensus
        .reply(server -> server.groupManagementAsync(request))
        .whenComplete((done, thrown) -> consensus.forget(id, bridge))
        .handle(RatisGroup::done);
  }

  RaftGroupId raftGroup() {
    return raftGroup;
  }

  RaftServer.Division division() {
    return division;
  }

  static HengeException notLeading() {
    return new HengeException(ErrorCode.NOT_LEADER, "the replica does not lead its group");
  }

  /** Nothing, or the failure in Henge's words. */
  private static @Nullable Void done(@Nullable RaftClientReply reply, @Nullable Throwable thrown) {
    if (thrown != null) {
      throw Failures.of(thrown);
    }
    return null;
  }
}
