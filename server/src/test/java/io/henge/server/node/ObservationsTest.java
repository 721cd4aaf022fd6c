package io.henge.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.MetaUpdate;
import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeStatus;
import io.henge.api.v1.ReplicaStatus;
import io.henge.router.meta.MetaState;
import io.henge.router.plan.GroupView;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the planner is shown of nodes a, b and c with shards 1, 2 and 3. */
class ObservationsTest {
  private static final List<String> NODES = List.of("a", "b", "c");

  private long now = 1;
  private final Reports reports = new Reports(() -> now);
  private final Observations observations = new Observations(reports, () -> now);
  private final MetaState meta = meta();

  @Test
  void shouldNotOfferLeadershipToANodeThatHasLostOneLately() {
    report(Map.of(1L, "a", 2L, "b", 3L, "c"), 1);
    assertThat(group(2, Set.of()).near()).containsExactlyInAnyOrder("a", "b", "c");
    // Node c has reported just now, and leads nothing any more.
    report(Map.of(1L, "a", 2L, "b", 3L, "b"), 2);
    assertThat(group(1, Set.of()).near()).containsExactlyInAnyOrder("a", "b");
    assertThat(group(2, Set.of()).near()).containsExactlyInAnyOrder("a", "b");
    now += TimeUnit.SECONDS.toNanos(10);
    report(Map.of(1L, "a", 2L, "b", 3L, "b"), 2);
    assertThat(group(2, Set.of()).near()).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void shouldOfferLeadershipToANodeThatHasHandedItOver() {
    report(Map.of(1L, "a", 2L, "b", 3L, "c"), 1);
    assertThat(group(3, Set.of()).leader()).isEqualTo("c");
    report(Map.of(1L, "a", 2L, "b", 3L, "b"), 2);
    assertThat(group(3, Set.of(3L)).leader()).isEqualTo("b");
    assertThat(group(2, Set.of()).near()).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void shouldSayWhoHasBeenNearForAMomentOnly() {
    Map<Long, String> leaders = Map.of(1L, "a", 2L, "b", 3L, "b");
    report(leaders, 1);
    assertThat(group(1, Set.of()).since().justNear()).containsExactlyInAnyOrder("a", "b", "c");
    now += TimeUnit.SECONDS.toNanos(5);
    report(leaders, 1);
    assertThat(group(1, Set.of()).since().justNear()).isEmpty();
    // Node c comes back: its replicas have not started when it first reports.
    reports.take(NodeReport.newBuilder().setStatus(status("c")).build());
    assertThat(group(1, Set.of()).near()).containsExactlyInAnyOrder("a", "b");
    now += TimeUnit.SECONDS.toNanos(1);
    report(leaders, 1);
    assertThat(group(1, Set.of()).near()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(group(1, Set.of()).since().justNear()).containsExactly("c");
    now += TimeUnit.SECONDS.toNanos(5);
    report(leaders, 1);
    assertThat(group(1, Set.of()).since().justNear()).isEmpty();
  }

  private static NodeStatus.Builder status(String node) {
    return NodeStatus.newBuilder().setNode(NodeRecord.newBuilder().setNodeId(node));
  }

  private GroupView group(long id, Set<Long> underWay) {
    return Objects.requireNonNull(observations.view(meta, underWay, 0).groups().get(id));
  }

  private void report(Map<Long, String> leaders, long term) {
    for (String node : NODES) {
      NodeReport.Builder report = NodeReport.newBuilder().setStatus(status(node));
      leaders.forEach(
          (shard, leader) ->
              report.addShards(
                  ShardReport.newBuilder()
                      .setShardId(shard)
                      .addAllMemberNodeIds(leader.equals(node) ? NODES : List.of())
                      .setReplica(
                          ReplicaStatus.newBuilder()
                              .setRole(leader.equals(node) ? NodeReporter.LEADER : "follower")
                              .setTerm(term)
                              .setAppliedIndex(100))));
      reports.take(report.build());
    }
  }

  private static ByteString bound(long at) {
    return at == 0 ? ByteString.EMPTY : ByteString.copyFrom(new byte[] {(byte) at});
  }

  private static MetaState meta() {
    MetaUpdate.Builder update =
        MetaUpdate.newBuilder()
            .setFull(true)
            .setCluster(ClusterRow.newBuilder().setClusterId("x").setVersion(5));
    NODES.forEach(node -> update.addNodes(NodeRecord.newBuilder().setNodeId(node).setName(node)));
    for (long id = 1; id <= 3; id++) {
      update.addShards(
          ShardRow.newBuilder()
              .setShardId(id)
              .setStart(bound(id - 1))
              .setEnd(bound(id % 3))
              .addAllReplicaNodeIds(NODES));
    }
    return MetaState.EMPTY.merge(update.build());
  }
}
