package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.ChangeMembersResponse;
import io.henge.api.internal.v1.JoinRequest;
import io.henge.api.internal.v1.JoinResponse;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.internal.v1.ReportAnswer;
import io.henge.api.internal.v1.TransferLeadershipRequest;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.StatusResponse;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.shard.PeerClocks;
import io.henge.router.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The control plane of one node: see {@link NodeControl}. */
final class ControlPlane implements NodeControl {
  private static final Duration CHANGE = Duration.ofSeconds(60);
  private static final Duration TRANSFER = Duration.ofSeconds(5);
  private static final Duration PING = Duration.ofMillis(700);

  private final Supplier<NodeRecord> self;
  private final Supplier<String> clusterId;
  private final PeerClocks clock;
  private final ViewHolder views;
  private final MetaHost meta;
  private final ShardHost shards;
  private final NodeReporter reporter;
  private final Reports reports;
  private final Peers peers;
  private volatile Runnable news = () -> {};
  private volatile Supplier<List<String>> remarks = List::of;

  ControlPlane(
      Supplier<NodeRecord> self,
      Supplier<String> clusterId,
      PeerClocks clock,
      ViewHolder views,
      MetaHost meta,
      ShardHost shards,
      NodeReporter reporter,
      Reports reports,
      Peers peers) {
    this.self = self;
    this.clusterId = clusterId;
    this.clock = clock;
    this.views = views;
    this.meta = meta;
    this.shards = shards;
    this.reporter = reporter;
    this.reports = reports;
    this.peers = peers;
  }

  /** Whom to tell of news, and who says what is less than it should be. */
  void coordinatedBy(Runnable newNews, Supplier<List<String>> newRemarks) {
    news = newNews;
    remarks = newRemarks;
  }

  @Override
  public MetaView view() {
    return views.view();
  }

  @Override
  public CompletableFuture<MetaView> refresh() {
    return meta.refresh(member -> peers.report(member, reporter.report()));
  }

  @Override
  public NodeRecord self() {
    return self.get();
  }

  @Override
  public String clusterId() {
    return clusterId.get();
  }

  @Override
  public long clockMillis() {
    return clock.millis();
  }

  @Override
  public @Nullable String metaLeader() {
    return meta.leader();
  }

  @Override
  public @Nullable String leaderOf(long shardId) {
    HostedShard shard = shards.hosted(shardId);
    ConsensusGroup group = shard == null ? null : shard.group();
    return group == null ? null : group.leader();
  }

  @Override
  public Runnable onChange(Runnable listener) {
    return views.onChange(listener);
  }

  @Override
  public CompletableFuture<MetaResult> propose(MetaCommand command) {
    return meta.propose(command);
  }

  @Override
  public CompletableFuture<MetaResult> proposeHere(MetaCommand command) {
    return meta.proposeHere(command);
  }

  // ---- Joining ----

  @Override
  public CompletableFuture<JoinResponse> join(JoinRequest request) {
    String mine = clusterId.get();
    if (!request.getClusterId().isEmpty() && !mine.isEmpty() && !request.getClusterId().equals(mine)) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "join: the directory of node " + request.getNode().getName() + " belongs to cluster "
                  + request.getClusterId() + ", this is cluster " + mine
                  + "; join a node of its own cluster, or start with an empty directory"));
    }
    if (meta.leads() && view().state().isFormed()) {
      return admit(request.getNode());
    }
    String leader = meta.leader();
    NodeRecord record = leader == null ? null : view().state().node(leader);
    if (record == null || record.getNodeId().equals(self.get().getNodeId())) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.UNAVAILABLE, "the leader of meta is not known here yet; try again soon"));
    }
    return peers.join(record.getClientAddress(), request);
  }

  private CompletableFuture<JoinResponse> admit(NodeRecord node) {
    NodeRecord namesake = view().state().nodeByName(node.getName());
    CompletableFuture<Boolean> dead =
        namesake == null || namesake.getNodeId().equals(node.getNodeId())
            ? CompletableFuture.completedFuture(false)
            : isDead(namesake);
    return dead.thenCompose(
            gone ->
                meta.propose(
                    MetaCommand.newBuilder()
                        .setRegisterNode(
                            RegisterNode.newBuilder().setNode(node).setOldIncarnationIsDead(gone))
                        .build()))
        .thenApply(
            result -> {
              if (result.getCode() != 0) {
                throw new HengeException(ErrorCode.of(result.getCode()), result.getMessage());
              }
              return JoinResponse.newBuilder()
                  .setClusterId(clusterId.get())
                  .setMeta(view().state().metaUpdate(0))
                  .build();
            });
  }

  /** Whether nobody, or somebody else, answers where a node was. */
  private CompletableFuture<Boolean> isDead(NodeRecord node) {
    return peers
        .ping(node.getClientAddress(), PING)
        .handle(
            (answer, failure) ->
                failure != null || !answer.getNode().getNodeId().equals(node.getNodeId()));
  }

  // ---- Reports and status ----

  @Override
  public ReportAnswer report(NodeReport report) {
    clock.sample(report.getStatus().getNode().getNodeId(), report.getClockMillis());
    if (meta.leads()) {
      take(report);
    }
    String leader = meta.leader();
    return ReportAnswer.newBuilder()
        .setIsMetaLeader(meta.leads())
        .setMetaLeaderNodeId(leader == null ? "" : leader)
        .setMapVersion(view().version())
        .setClockMillis(clock.millis())
        .build();
  }

  /** What is news to the coordinator has it look soon. */
  private void take(NodeReport report) {
    Reports.Heard before = reports.of(report.getStatus().getNode().getNodeId());
    reports.take(report);
    if (before == null || !roles(before.report()).equals(roles(report))) {
      news.run();
    }
  }

  private static List<String> roles(NodeReport report) {
    return report.getShardsList().stream()
        .map(
            shard ->
                shard.getShardId()
                    + shard.getReplica().getRole()
                    + shard.getReplica().getTerm()
                    + shard.getConfIndex())
        .toList();
  }

  /** Tells the meta leader how this node is. */
  void sendReport() {
    NodeReport report = reporter.report();
    if (meta.leads()) {
      take(report);
      return;
    }
    String to = meta.ask();
    if (to == null || to.equals(self.get().getNodeId())) {
      return;
    }
    peers
        .report(to, report)
        .whenComplete(
            (answer, failure) -> {
              if (failure == null) {
                clock.sample(to, answer.getClockMillis());
                meta.heard(answer);
              } else {
                meta.doubt(to);
              }
            });
  }

  @Override
  public CompletableFuture<StatusResponse> status() {
    if (meta.leads()) {
      return CompletableFuture.completedFuture(statusHere());
    }
    String leader = meta.leader();
    if (leader == null || leader.equals(self.get().getNodeId())) {
      return CompletableFuture.completedFuture(statusWithout("the leader of meta is not known"));
    }
    return peers
        .status(leader)
        .exceptionally(
            failure -> {
              meta.doubt(leader);
              return statusWithout("the leader of meta does not answer");
            });
  }

  private StatusResponse statusWithout(String reason) {
    Reports own = new Reports(System::nanoTime);
    own.take(reporter.report());
    return new StatusPage(view().state(), own, meta.leader(), List.of()).build().toBuilder()
        .addRemarks(reason + ": what other nodes said last is not known here")
        .build();
  }

  @Override
  public StatusResponse statusHere() {
    if (!meta.leads()) {
      throw new HengeException(
          ErrorCode.NOT_LEADER, "node " + self.get().getNodeId() + " does not lead meta");
    }
    reports.take(reporter.report());
    return new StatusPage(view().state(), reports, meta.leader(), remarks.get()).build();
  }

  // ---- Members and leaders ----

  private ConsensusGroup group(long shardId) {
    ConsensusGroup group = shardId == GroupId.META ? meta.group() : shards.require(shardId).group();
    if (group == null) {
      throw new HengeException(
          ErrorCode.NOT_LEADER,
          "node " + self.get().getNodeId() + " has no replica of "
              + new GroupId(0, shardId));
    }
    return group;
  }

  @Override
  public CompletableFuture<ChangeMembersResponse> changeMembersHere(ChangeMembersRequest request) {
    List<Member> members = new ArrayList<>();
    ConsensusGroup group;
    try {
      group = group(request.getShardId());
      for (String nodeId : request.getNodeIdsList()) {
        NodeRecord node = view().state().node(nodeId);
        if (node == null) {
          throw new HengeException(
              ErrorCode.UNAVAILABLE, "node " + nodeId + " is not known here yet");
        }
        members.add(new Member(nodeId, node.getRaftAddress()));
      }
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return group
        .changeMembers(members, CHANGE)
        .thenApply(ControlPlane::changed)
        .whenComplete((done, failure) -> sendReport());
  }

  private static ChangeMembersResponse changed(Membership members) {
    ChangeMembersResponse.Builder response =
        ChangeMembersResponse.newBuilder().setConfIndex(members.index());
    members.members().stream().map(Member::nodeId).forEach(response::addNodeIds);
    return response.build();
  }

  @Override
  public CompletableFuture<Void> transferHere(long shardId, String nodeId) {
    try {
      return shardId == GroupId.META
          ? group(shardId).transferLeadership(nodeId, TRANSFER)
          : shards.require(shardId).replica().transferLeadership(nodeId);
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletableFuture<Void> transferLeader(long shardId, String node) {
    NodeRecord target = view().map().nodeByName(node);
    target = target != null ? target : view().map().node(node);
    Shard shard = view().map().shard(shardId);
    if (target == null || shard == null) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.NOT_FOUND,
              target == null ? "node: there is no " + node : "shard_id: there is no " + shardId));
    }
    String to = target.getNodeId();
    if (!shard.replicas().contains(to)) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "node: " + node + " holds no replica of shard " + shardId + "; one of "
                  + shard.replicas() + " expected"));
    }
    return leaderWanted(shard)
        .thenCompose(
            leader -> {
              if (leader.equals(to)) {
                return CompletableFuture.completedFuture(null);
              }
              return leader.equals(self.get().getNodeId())
                  ? transferHere(shardId, to)
                  : transferAt(leader, shardId, to);
            });
  }

  private CompletableFuture<Void> transferAt(String leader, long shardId, String to) {
    return peers
        .transferLeadership(
            leader,
            TransferLeadershipRequest.newBuilder().setShardId(shardId).setNodeId(to).build())
        .thenApply(
            response -> {
              if (response.hasError()) {
                throw new HengeException(
                    ErrorCode.of(response.getError().getCode()), response.getError().getMessage());
              }
              return null;
            });
  }

  private CompletableFuture<String> leaderWanted(Shard shard) {
    String known = leaderOf(shard.id());
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    return status()
        .thenApply(
            status ->
                status.getShardsList().stream()
                    .map(each -> each.getShard())
                    .filter(each -> each.getShardId() == shard.id())
                    .map(each -> each.getLeaderNodeId())
                    .filter(leader -> !leader.isEmpty())
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new HengeException(
                                ErrorCode.UNAVAILABLE,
                                "shard " + shard.id() + " has no leader that is known")));
  }
}
