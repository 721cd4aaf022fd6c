package io.henge.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.FeatureLevel;
import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.internal.v1.CreateCopy;
import io.henge.api.internal.v1.DerivedReport;
import io.henge.api.internal.v1.DropCopy;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.DerivedStatus;
import io.henge.api.v1.Documents;
import io.henge.api.v1.ListDerivedRequest;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeStatus;
import io.henge.api.v1.ReplicaStatus;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.SilentShard;
import io.henge.router.meta.Applied;
import io.henge.router.meta.MetaState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is ready, by what the leader of the only shard has told. */
class DerivedPageTest {
  private static final NodeRecord NODE =
      NodeRecord.newBuilder()
          .setNodeId("a")
          .setName("a")
          .setClientAddress("127.0.0.1:1")
          .setRaftAddress("127.0.0.1:2")
          .setHttpAddress("127.0.0.1:3")
          .setWeight(1)
          .setFeatureLevel(FeatureLevel.CHANGES)
          .build();

  private final AtomicLong nanos = new AtomicLong();
  private final Reports reports = new Reports(nanos::get);
  private MetaState state = MetaState.EMPTY;
  private long sequence;

  private int run(MetaCommand.Builder command) {
    Applied applied =
        state.apply(
            command
                .setRequestId(RequestId.newBuilder().setClientHigh(1).setSequence(++sequence))
                .build());
    assertThat(applied.result().getCode()).as(applied.result().getMessage()).isZero();
    state = applied.state();
    return applied.result().getDerivedId();
  }

  private void form() {
    run(
        MetaCommand.newBuilder()
            .setFormCluster(
                FormCluster.newBuilder()
                    .setClusterId("c1")
                    .setFirstNode(NODE)
                    .setFeatureLevel(FeatureLevel.CHANGES)));
    for (String name : List.of("users", "orders")) {
      Documents documents =
          Documents.newBuilder()
              .addShardPaths("user")
              .addIdPaths(name.equals("users") ? "user" : "order")
              .build();
      run(
          MetaCommand.newBuilder()
              .setCreateCollection(
                  CreateCollection.newBuilder().setName(name).setDocuments(documents)));
    }
  }

  private int count(String target) {
    CopyRule.Builder rule =
        CopyRule.newBuilder()
            .setKind(CopyKind.COPY_KIND_COUNT)
            .setSource("orders")
            .setTarget(target);
    return run(
        MetaCommand.newBuilder()
            .setCreateCopy(CreateCopy.newBuilder().setCollection("users").setRule(rule)));
  }

  private void told(ShardReport.Builder shard) {
    reports.take(
        NodeReport.newBuilder()
            .setStatus(NodeStatus.newBuilder().setNode(NODE))
            .addShards(
                shard
                    .setShardId(state.shards().iterator().next().getShardId())
                    .setReplica(ReplicaStatus.newBuilder().setRole(NodeReporter.LEADER)))
            .build());
  }

  private Map<Integer, Double> ready() {
    return new DerivedPage(state, reports)
        .build(ListDerivedRequest.getDefaultInstance()).getDerivedList().stream()
            .collect(Collectors.toMap(DerivedStatus::getId, DerivedStatus::getReady));
  }

  @Test
  void shouldKeepWhatIsReadyReadyWhileAShardHasNotHeardOfTheNext() {
    form();
    int first = count("first");
    assertThat(ready()).containsExactly(Map.entry(first, 0.0));
    ShardReport.Builder report =
        ShardReport.newBuilder().setCatalogueVersion(state.version()).addDerivedReady(first);
    told(report);
    assertThat(ready()).containsExactly(Map.entry(first, 1.0));
    int second = count("second");
    assertThat(ready()).containsOnly(Map.entry(first, 1.0), Map.entry(second, 0.0));
    told(
        report
            .setCatalogueVersion(state.version())
            .addDerived(DerivedReport.newBuilder().setId(second)));
    assertThat(ready()).containsOnly(Map.entry(first, 1.0), Map.entry(second, 0.0));
    told(report.clearDerived().addDerivedReady(second));
    assertThat(ready()).containsOnly(Map.entry(first, 1.0), Map.entry(second, 1.0));
  }

  private DerivedStatus only() {
    return new DerivedPage(state, reports)
        .build(ListDerivedRequest.getDefaultInstance())
        .getDerived(0);
  }

  @Test
  void shouldTellWhatIsBeingBuiltFromWhatNobodyAnswersFor() {
    form();
    int copy = count("n");
    long shard = state.shards().iterator().next().getShardId();
    assertThat(only().getSilentList())
        .containsExactly(SilentShard.newBuilder().setShardId(shard).build());
    assertThat(only().getBuilding()).isFalse();
    ShardReport.Builder report = ShardReport.newBuilder().setCatalogueVersion(state.version());
    told(report.addDerived(DerivedReport.newBuilder().setId(copy)));
    assertThat(only().getSilentList()).isEmpty();
    assertThat(only().getBuilding()).isTrue();
    told(report.clearDerived().addDerivedReady(copy));
    assertThat(only().getReady()).isEqualTo(1.0);
    assertThat(only().getBuilding()).isFalse();
    nanos.addAndGet(Duration.ofSeconds(12).toNanos());
    assertThat(only().getReady()).isZero();
    assertThat(only().getBuilding()).isFalse();
    SilentShard silent = SilentShard.newBuilder().setShardId(shard).setSilentMillis(12_000).build();
    assertThat(only().getSilentList()).containsExactly(silent);
    // The node answers again, and leads no more.
    reports.take(
        NodeReport.newBuilder()
            .setStatus(NodeStatus.newBuilder().setNode(NODE))
            .addShards(
                ShardReport.newBuilder()
                    .setShardId(shard)
                    .setReplica(ReplicaStatus.newBuilder().setRole("follower")))
            .build());
    assertThat(only().getSilentList()).containsExactly(silent);
  }

  @Test
  void shouldShowWhatWasDroppedUntilItIsGone() {
    form();
    int copy = count("n");
    ShardReport.Builder report =
        ShardReport.newBuilder().setCatalogueVersion(state.version()).addDerivedReady(copy);
    told(report);
    run(
        MetaCommand.newBuilder()
            .setDropCopy(DropCopy.newBuilder().setCollection("users").setId(copy)));
    assertThat(ready()).containsExactly(Map.entry(copy, 0.0));
    told(
        report
            .setCatalogueVersion(state.version())
            .clearDerivedReady()
            .addDerived(DerivedReport.newBuilder().setId(copy).setDropping(true)));
    assertThat(ready()).containsExactly(Map.entry(copy, 0.0));
    told(report.clearDerived());
    assertThat(ready()).isEmpty();
  }
}
