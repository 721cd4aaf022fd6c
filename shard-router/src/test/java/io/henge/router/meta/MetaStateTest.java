package io.henge.router.meta;

import static io.henge.router.meta.MetaScript.abandon;
import static io.henge.router.meta.MetaScript.add;
import static io.henge.router.meta.MetaScript.collection;
import static io.henge.router.meta.MetaScript.confirm;
import static io.henge.router.meta.MetaScript.drop;
import static io.henge.router.meta.MetaScript.form;
import static io.henge.router.meta.MetaScript.formed;
import static io.henge.router.meta.MetaScript.id;
import static io.henge.router.meta.MetaScript.meta;
import static io.henge.router.meta.MetaScript.node;
import static io.henge.router.meta.MetaScript.raise;
import static io.henge.router.meta.MetaScript.register;
import static io.henge.router.meta.MetaScript.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.MetaUpdate;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeState;
import io.henge.router.ShardMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class MetaStateTest {

  @Test
  void shouldFormAClusterOnce() {
    MetaScript script = new MetaScript();
    done(script.run(form("c1", "a", 3)));
    MetaState state = script.state;
    assertThat(state.version()).isEqualTo(1);
    assertThat(state.shards()).extracting(ShardRow::getShardId).containsExactly(1L, 2L, 3L);
    assertThat(state.shards())
        .allSatisfy(
            row -> {
              assertThat(row.getReplicaNodeIdsList()).containsExactly(id("a"));
              assertThat(row.getEpoch()).isEqualTo(1);
              assertThat(row.getConfVersion()).isEqualTo(1);
            });
    assertThat(state.shardMap().problems()).isEmpty();
    assertThat(state.cluster().getReplicationTarget()).isEqualTo(3);
    assertThat(state.cluster().getFeatureLevel()).isEqualTo(1);
    assertThat(state.cluster().getMetaNodeIdsList()).containsExactly(id("a"));
    assertThat(state.node(id("a")).getZone()).isEqualTo("default");
    assertThat(state.node(id("a")).getWeight()).isEqualTo(100);

    done(script.run(form("c1", "a", 3)));
    assertThat(script.state.version()).isEqualTo(1);
    refused(script.run(form("c2", "a", 3)), ErrorCode.ALREADY_EXISTS, "c1");
    refused(script.run(form("c1", "b", 3)), ErrorCode.ALREADY_EXISTS, "join");
  }

  /** It may come from a node that joins, or from a client, while the first node starts. */
  @Test
  void shouldTakeACommandThatCameBeforeTheClusterWasFormedWhenItComesAgain() {
    MetaScript script = new MetaScript();
    MetaCommand.Builder register = register(node("b"), false);
    refused(script.runAs(50, register), ErrorCode.UNAVAILABLE, "not been formed yet; try again");
    refused(
        script.runAs(51, collection("carts", 0, false, false)), ErrorCode.UNAVAILABLE, "formed");
    assertThat(script.state).isSameAs(MetaState.EMPTY);
    assertThat(script.applied).allSatisfy(each -> assertThat(each.rows()).isEmpty());
    done(script.run(form("c1", "a", 1)));
    done(script.runAs(50, register));
    done(script.runAs(51, collection("carts", 0, false, false)));
    assertThat(script.state.node(id("b"))).isNotNull();
  }

  @Test
  void shouldRefuseToFormAClusterFromNonsense() {
    MetaScript script = new MetaScript();
    refused(script.run(form("", "a", 1)), ErrorCode.INVALID_ARGUMENT, "cluster_id");
    refused(script.run(form("c1", "a", 4097)), ErrorCode.INVALID_ARGUMENT, "4096");
    refused(script.run(form("c1", "a", -1)), ErrorCode.INVALID_ARGUMENT, "shards");
    MetaCommand.Builder target = form("c1", "a", 1);
    target.getFormClusterBuilder().setReplicationTarget(2);
    refused(script.run(target), ErrorCode.INVALID_ARGUMENT, "1, 3 or 5, not 2");
    MetaCommand.Builder level = form("c1", "a", 1);
    level.getFormClusterBuilder().setFeatureLevel(2);
    refused(script.run(level), ErrorCode.INVALID_ARGUMENT, "feature_level 2");
    refused(script.run(MetaCommand.newBuilder()), ErrorCode.UNAVAILABLE, "formed");
    assertThat(script.state.isFormed()).isFalse();
    assertThat(script.state.version()).isZero();
    done(script.run(form("c1", "a", 0)));
    assertThat(script.state.shards()).hasSize(1);
    refused(script.run(MetaCommand.newBuilder()), ErrorCode.INVALID_ARGUMENT, "empty");
  }

  @Test
  void shouldAnswerACommandThatComesAgainAsBefore() {
    MetaScript script = formed(1);
    MetaResult first = script.runAs(50, collection("carts", 0, false, false));
    done(first);
    MetaState after = script.state;
    assertThat(script.runAs(50, collection("carts", 0, false, false))).isEqualTo(first);
    assertThat(script.state).isSameAs(after);
    assertThat(script.applied.get(2).rows()).isEmpty();
    // Refusals are remembered too: a late twin must not succeed after its sender was told of
    // failure.
    refused(
        script.runAs(51, collection("carts", 0, false, false)), ErrorCode.ALREADY_EXISTS, "carts");
    done(script.runAs(52, drop("carts")));
    refused(
        script.runAs(51, collection("carts", 0, false, false)),
        ErrorCode.ALREADY_EXISTS,
        "first arrived");
    assertThat(script.state.collection("carts")).isNull();
  }

  @Test
  void shouldForgetTheOldestResultsOnly() {
    MetaScript script = formed(1);
    done(script.runAs(9_000, collection("carts", 0, false, false)));
    for (int i = 0; i < MetaState.RESULTS_REMEMBERED - 1; i++) {
      script.runAs(10_000 + i, raise(1));
    }
    done(script.runAs(9_000, collection("carts", 0, false, false)));
    script.runAs(99_000, raise(1));
    refused(
        script.runAs(9_000, collection("carts", 0, false, false)),
        ErrorCode.ALREADY_EXISTS,
        "carts");
    assertThat(script.state.tables().results().values()).hasSize(MetaState.RESULTS_REMEMBERED);
    assertThat(script.state.tables().resultsById().values()).hasSize(MetaState.RESULTS_REMEMBERED);
    long results = script.state.rows().stream().filter(row -> row.key()[0] == 'r').count();
    assertThat(results).isEqualTo(MetaState.RESULTS_REMEMBERED);
  }

  @Test
  void shouldRefuseACommandWithoutIdentity() {
    MetaState state = formed(1).state;
    Applied applied = state.apply(collection("carts", 0, false, false).build());
    refused(applied.result(), ErrorCode.INVALID_ARGUMENT, "request_id");
    assertThat(applied.state()).isSameAs(state);
    assertThat(applied.rows()).isEmpty();
  }

  @Test
  void shouldTakeANodeBackAtItsNewAddress() {
    MetaScript script = formed(1);
    done(script.run(register(node("b"), false)));
    long version = script.state.version();
    done(script.run(register(node("b"), false)));
    assertThat(script.state.version()).isEqualTo(version);
    MetaResult moved =
        script.run(register(node("b").setRaftAddress("10.0.0.9:1").setZone("west"), false));
    done(moved);
    assertThat(moved.getNode().getRaftAddress()).isEqualTo("10.0.0.9:1");
    assertThat(script.state.node(id("b")).getZone()).isEqualTo("west");
    assertThat(script.state.version()).isEqualTo(version + 1);
    assertThat(script.state.node(id("b")).getChangedIn()).isEqualTo(version + 1);
  }

  @Test
  void shouldTellApartTheIncarnationsOfAName() {
    MetaScript script = formed(1);
    refused(
        script.run(register(node("b").setName("n-a"), true)),
        ErrorCode.ALREADY_EXISTS,
        "holds 2 replicas: start that node with its own directory");
    done(script.run(register(node("b"), false)));
    refused(
        script.run(register(node("c").setName("n-b"), false)),
        ErrorCode.ALREADY_EXISTS,
        "stop it first");
    done(script.run(register(node("c").setName("n-b"), true)));
    assertThat(script.state.nodeByName("n-b").getNodeId()).isEqualTo(id("c"));
    assertThat(script.state.node(id("b")).getState()).isEqualTo(NodeState.NODE_STATE_REMOVED);
    refused(
        script.run(register(node("b").setName("n-x"), false)),
        ErrorCode.PERMISSION_DENIED,
        "empty directory");
    refused(script.run(add(1, "b", 1)), ErrorCode.NOT_FOUND, id("b"));
  }

  @Test
  void shouldRefuseANodeThatMakesNoSense() {
    MetaScript script = formed(1);
    refused(
        script.run(register(node("b").setName("a b"), false)),
        ErrorCode.INVALID_ARGUMENT,
        "node name must have 1 to 64");
    refused(
        script.run(register(node("b").setNodeId(""), false)),
        ErrorCode.INVALID_ARGUMENT,
        "node_id");
    for (String bad : List.of("", "host", ":1", "h:0", "h:65536", "h:-1", "h:123456")) {
      refused(
          script.run(register(node("b").setRaftAddress(bad), false)),
          ErrorCode.INVALID_ARGUMENT,
          "raft_address must be host:port");
    }
    refused(
        script.run(register(node("b").setWeight(10_001), false)),
        ErrorCode.INVALID_ARGUMENT,
        "not 10001");
    refused(
        script.run(register(node("b").setFeatureLevel(0), false)),
        ErrorCode.INVALID_ARGUMENT,
        "install a newer version");
    refused(
        script.run(register(node("b").setZone("z\u0000".repeat(100)), false)),
        ErrorCode.INVALID_ARGUMENT,
        "(200 characters)");
    assertThat(script.state.nodes()).hasSize(1);
  }

  @Test
  void shouldNeverGiveACollectionIdTwice() {
    MetaScript script = formed(1);
    assertThat(done(script.run(collection("carts", 5, true, false))).getCollection().getId())
        .isEqualTo(1);
    assertThat(done(script.run(collection("carts", 5, true, true))).getCollection().getId())
        .isEqualTo(1);
    refused(
        script.run(collection("carts", 6, true, true)), ErrorCode.ALREADY_EXISTS, "ttl_millis 5");
    refused(script.run(collection("carts", 5, true, false)), ErrorCode.ALREADY_EXISTS, "carts");
    assertThat(done(script.run(drop("carts"))).getCollection().getDropped()).isTrue();
    refused(script.run(drop("carts")), ErrorCode.NOT_FOUND, "\"carts\"");
    assertThat(done(script.run(collection("carts", 0, false, true))).getCollection().getId())
        .isEqualTo(2);
    assertThat(script.state.collections()).hasSize(2);
    assertThat(script.state.shardMap().collection(1).getDropped()).isTrue();
    assertThat(script.state.catalogueVersion()).isEqualTo(script.state.version());
  }

  @Test
  void shouldNameWhatIsWrongWithACollection() {
    MetaScript script = formed(1);
    for (String bad : List.of("", "x".repeat(65), "a b", "ä", "a.b", "a\n")) {
      refused(
          script.run(collection(bad, 0, false, false)),
          ErrorCode.INVALID_ARGUMENT,
          "collection name must have 1 to 64 of the characters A-Z a-z 0-9 _ -");
    }
    refused(
        script.run(collection("x", -1, false, false)),
        ErrorCode.INVALID_ARGUMENT,
        "18446744073709551615");
    done(script.run(collection("x".repeat(64), 0, false, false)));
  }

  @Test
  void shouldGuardReplicasByVersion() {
    MetaScript script = formed(1);
    script.run(register(node("b"), false));
    script.run(register(node("c"), false));
    refused(script.run(add(9, "b", 1)), ErrorCode.NOT_FOUND, "no shard 9");
    refused(script.run(add(1, "x", 1)), ErrorCode.NOT_FOUND, "no node");
    refused(script.run(add(1, "a", 1)), ErrorCode.ALREADY_EXISTS, "already");
    refused(script.run(add(1, "b", 0)), ErrorCode.CONDITION_FAILED, "conf_version 1, not at 0");
    done(script.run(add(1, "b", 1)));
    refused(script.run(add(1, "c", 1)), ErrorCode.CONDITION_FAILED, "plan anew");
    done(script.run(add(1, "c", 2)));
    assertThat(script.state.shard(1).getJoiningNodeIdsList()).containsExactly(id("b"), id("c"));
    refused(script.run(abandon(1, "a", 3)), ErrorCode.NOT_FOUND, "not about to join");
    refused(script.run(abandon(1, "c", 2)), ErrorCode.CONDITION_FAILED, "plan anew");
    done(script.run(abandon(1, "c", 3)));
    done(script.run(confirm(1, 12, "b", "a")));
    assertThat(script.state.shard(1).getReplicaNodeIdsList()).containsExactly(id("a"), id("b"));
    assertThat(script.state.shard(1).getJoiningNodeIdsList()).isEmpty();
    long version = script.state.shard(1).getConfVersion();
    done(script.run(confirm(1, 12, "a", "b")));
    done(script.run(confirm(1, 15, "a", "b")));
    assertThat(script.state.shard(1).getConfVersion()).isEqualTo(version);
    refused(script.run(confirm(1, 14, "a")), ErrorCode.CONDITION_FAILED, "out of date");
    refused(script.run(confirm(1, 15, "a")), ErrorCode.CONDITION_FAILED, "out of date");
    refused(script.run(confirm(1, 16)), ErrorCode.INVALID_ARGUMENT, "members");
    refused(script.run(confirm(1, 16, "a", "a")), ErrorCode.INVALID_ARGUMENT, "once");
    refused(script.run(confirm(1, 16, "a", "x")), ErrorCode.NOT_FOUND, "no node");
  }

  @Test
  void shouldFollowTheMembersOfTheMetaShard() {
    MetaScript script = formed(1);
    script.run(register(node("b"), false));
    script.run(register(node("c"), false));
    done(script.run(meta(List.of("a"), List.of("b", "c"), 0, 1)));
    refused(script.run(meta(List.of("a"), List.of("b"), 0, 1)), ErrorCode.CONDITION_FAILED, "anew");
    refused(
        script.run(meta(List.of("b"), List.of(), 0, 2)), ErrorCode.INVALID_ARGUMENT, "conf_index");
    done(script.run(meta(List.of("a", "b"), List.of("b", "c"), 4, 2)));
    assertThat(script.state.cluster().getMetaNodeIdsList()).containsExactly(id("a"), id("b"));
    assertThat(script.state.cluster().getMetaJoiningNodeIdsList()).containsExactly(id("c"));
    refused(
        script.run(meta(List.of("a"), List.of("c"), 3, 0)),
        ErrorCode.CONDITION_FAILED,
        "out of date");
    refused(script.run(meta(List.of("a", "b"), List.of("x"), 5, 0)), ErrorCode.NOT_FOUND, "node");
    assertThat(script.state.replicasOf(id("c"))).isEqualTo(1);
  }

  @Test
  void shouldKeepSettings() {
    MetaScript script = formed(1);
    done(script.run(set("replication-target", "5")));
    assertThat(script.state.cluster().getReplicationTarget()).isEqualTo(5);
    refused(script.run(set("replication-target", "2")), ErrorCode.INVALID_ARGUMENT, "not 2");
    refused(script.run(set("replication-target", "33")), ErrorCode.INVALID_ARGUMENT, "3 or 5");
    done(script.run(set("replication-target", "")));
    assertThat(script.state.cluster().getReplicationTarget()).isEqualTo(3);
    refused(script.run(set("a", "x".repeat(1025))), ErrorCode.INVALID_ARGUMENT, "1025 bytes");
    refused(script.run(set("", "x")), ErrorCode.INVALID_ARGUMENT, "setting name");
    done(script.run(set("a", "x")));
    assertThat(script.state.cluster().getSettingsMap()).containsExactly(Map.entry("a", "x"));
    assertThatThrownBy(() -> MetaSettings.requireKnown("a"))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("replication-target");
    MetaSettings.requireKnown("replication-target");
  }

  @Test
  void shouldRaiseTheFeatureLevelOnlyAsFarAsAllCanRead() {
    MetaScript script = new MetaScript();
    MetaCommand.Builder form = form("c1", "a", 1);
    form.getFormClusterBuilder().setFeatureLevel(1).getFirstNodeBuilder().setFeatureLevel(3);
    script.run(form);
    script.run(register(node("b").setFeatureLevel(2), false));
    refused(script.run(raise(3)), ErrorCode.CONDITION_FAILED, "n-b");
    done(script.run(raise(2)));
    assertThat(script.state.cluster().getFeatureLevel()).isEqualTo(2);
    refused(script.run(raise(1)), ErrorCode.INVALID_ARGUMENT, "never falls");
    refused(
        script.run(register(node("c").setFeatureLevel(1), false)),
        ErrorCode.INVALID_ARGUMENT,
        "level 2");
  }

  @Test
  void shouldTellClientsAndNodesWhatTheyLack() {
    MetaScript script = formed(2);
    MetaState first = script.state;
    script.run(register(node("b"), false));
    script.run(collection("carts", 0, false, false));
    MetaState second = script.state;
    script.run(register(node("c").setName("n-b"), true));
    script.run(add(2, "c", 1));
    script.run(confirm(2, 9, "a", "c"));
    MetaState third = script.state;

    assertThat(second.mapUpdate(2, 0, shard -> null).getNodesCount()).isZero();
    assertThat(second.mapUpdate(2, 0, shard -> null).getCollectionsCount()).isEqualTo(1);
    MapUpdate sinceSecond = third.mapUpdate(second.version(), 5, shard -> id("c"));
    assertThat(sinceSecond.getFull()).isFalse();
    assertThat(sinceSecond.getRemovedNodeIdsList()).containsExactly(id("b"));
    assertThat(sinceSecond.getShardsCount()).isEqualTo(1);
    assertThat(sinceSecond.getClockMillis()).isEqualTo(5);
    for (MetaState known : List.of(first, second, third)) {
      ShardMap client = known.shardMap().merge(third.mapUpdate(known.version(), 0, shard -> null));
      assertThat(client.toUpdate(0)).isEqualTo(third.shardMap().toUpdate(0));
      MetaUpdate update = third.metaUpdate(known.version());
      assertThat(withoutResults(known.merge(update))).isEqualTo(withoutResults(third));
    }
    assertThat(third.mapUpdate(0, 0, shard -> null).getFull()).isTrue();
    assertThat(third.mapUpdate(99, 0, shard -> null).getFull()).isTrue();
    assertThat(MetaState.EMPTY.canMerge(third.metaUpdate(first.version()))).isFalse();
    assertThat(third.merge(first.metaUpdate(0))).isSameAs(third);
    assertThatThrownBy(() -> third.merge(new MetaScript().state.metaUpdate(0)))
        .isInstanceOf(HengeException.class);
  }

  @Test
  void shouldRefuseStoredRowsThatItDoesNotKnow() {
    assertThatThrownBy(() -> MetaState.load(List.of(new MetaRow(new byte[] {'z'}, new byte[] {1}))))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("kind of row")
        .extracting(e -> ((HengeException) e).code())
        .isEqualTo(ErrorCode.CORRUPTION);
    assertThatThrownBy(
            () -> MetaState.load(List.of(new MetaRow(new byte[] {'c'}, new byte[] {-1}))))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("cannot be read");
  }

  private static MetaState withoutResults(MetaState state) {
    return MetaState.EMPTY.merge(state.metaUpdate(0));
  }

  private static MetaResult done(MetaResult result) {
    assertThat(result.getCode()).as(result.getMessage()).isZero();
    return result;
  }

  private static void refused(MetaResult result, ErrorCode code, String why) {
    assertThat(result.getMessage()).contains(why);
    assertThat(result.getCode()).isEqualTo(code.number());
  }
}
