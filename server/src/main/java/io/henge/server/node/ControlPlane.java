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
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.StatusResponse;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.shard.PeerClocks;
import io.henge.router.Shard;
import io.henge.router.plan.ClusterView;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The control plane of one node: see {@link NodeControl}. */
final class ControlPlane implements NodeControl {
  private static final Duration PING = Duration.ofMillis(700);

  private final Supplier<NodeRecord> self;
  private final Supplier<String> clusterId;
  private final PeerClocks clock;
  private final ViewHolder views;
  private final MetaHost meta;
  private final ShardHost shards;
  private final GroupControl groups;
  private final NodeReporter reporter;
  private final Reports reports;
  private final Peers peers;
  private volatile Runnable news = () -> {};
  private volatile @Nullable ShardReshaper reshaper;
  private volatile @Nullable ClusterOperations operations;
  private volatile Supplier<List<String>> remarks = List::of;
  private volatile Predicate<String> misses = node -> false;

  ControlPlane(
      Supplier<NodeRecord> self,
      Supplier<String> clusterId,
      PeerClocks clock,
      ViewHolder views,
      MetaHost meta,
      ShardHost shards,
      GroupControl groups,
      NodeReporter reporter,
      Reports reports,
      Peers peers) {
    this.self = self;
    this.clusterId = clusterId;
    this.clock = clock;
    this.views = views;
    this.meta = meta;
    this.shards = shards;
    this.groups = groups;
    this.reporter = reporter;
    this.reports = reports;
    this.peers = peers;
  }

  /** Whom to tell of news, who says what is less than it should be, and what is going on. */
  void coordinatedBy(
      Runnable newNews, Supplier<List<String>> newRemarks, Supplier<Optional<ClusterView>> plans) {
    news = newNews;
    remarks = newRemarks;
    operations =
        new ClusterOperations(
            this,
            peers,
            new PlanPage(plans, meta::applied, reports, new Progress(System::nanoTime)),
            meta::leads);
  }

  @Override
  public ClusterOperations operations() {
    ClusterOperations known = operations;
    if (known == null) {
      throw new IllegalStateException("the node has not been put together");
    }
    return known;
  }

  /** Who knows which nodes are missed. */
  void watchedBy(Predicate<String> newMisses) {
    misses = newMisses;
  }

  @Override
  public boolean misses(String nodeId) {
    return misses.test(nodeId);
  }

  @Override
  public MetaView view() {
    return views.view();
  }

  @Override
  public CompletableFuture<MetaView> refresh() {
    return confirm().exceptionally(failure -> view());
  }

  @Override
  public CompletableFuture<MetaView> confirm() {
    return meta.confirm(member -> peers.report(member, reporter.report()));
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
    if (!request.getClusterId().isEmpty()
        && !mine.isEmpty()
        && !request.getClusterId().equals(mine)) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "join: the directory of node "
                  + request.getNode().getName()
                  + " belongs to cluster "
                  + request.getClusterId()
                  + ", this is cluster "
                  + mine
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
                    + shard.getConfIndex()
                    + shard.getEpoch()
                    + shard.getChildrenCount()
                    + shard.getFrozenBy()
                    + shard.getSealed()
                    + shard.getAbsorbingBy()
                    + shard.getLastOperation()
                    + shard.getUntrimmed())
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
    return new StatusPage(view().state(), own, meta.leader(), List.of())
        .build().toBuilder()
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

  @Override
  public CompletableFuture<ChangeMembersResponse> changeMembersHere(ChangeMembersRequest request) {
    return groups.changeMembersHere(request).whenComplete((done, failure) -> sendReport());
  }

  @Override
  public CompletableFuture<Void> transferHere(long shardId, String nodeId) {
    return groups.transferHere(shardId, nodeId);
  }

  /** Who cuts and joins the shards that are led here. */
  void reshapedBy(ShardReshaper given) {
    reshaper = given;
  }

  @Override
  public ShardReshaper reshaper() {
    ShardReshaper known = reshaper;
    if (known == null) {
      throw new HengeException(ErrorCode.UNAVAILABLE, "the node is starting");
    }
    return known;
  }

  @Override
  public CompletableFuture<Void> transferLeader(long shardId, String node) {
    return groups.transferLeader(shardId, node, this::leaderWanted);
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
