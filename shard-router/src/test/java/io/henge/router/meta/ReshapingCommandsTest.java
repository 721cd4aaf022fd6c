package io.henge.router.meta;

import static io.henge.api.v1.OperationState.OPERATION_STATE_CANCELLED;
import static io.henge.api.v1.OperationState.OPERATION_STATE_CANCELLING;
import static io.henge.api.v1.OperationState.OPERATION_STATE_DONE;
import static io.henge.api.v1.OperationState.OPERATION_STATE_FAILED;
import static io.henge.api.v1.OperationState.OPERATION_STATE_PAUSED;
import static io.henge.api.v1.OperationState.OPERATION_STATE_RUNNING;
import static io.henge.router.meta.MetaScript.at;
import static io.henge.router.meta.MetaScript.drain;
import static io.henge.router.meta.MetaScript.formed;
import static io.henge.router.meta.MetaScript.id;
import static io.henge.router.meta.MetaScript.merge;
import static io.henge.router.meta.MetaScript.move;
import static io.henge.router.meta.MetaScript.node;
import static io.henge.router.meta.MetaScript.recordMerge;
import static io.henge.router.meta.MetaScript.recordSplit;
import static io.henge.router.meta.MetaScript.register;
import static io.henge.router.meta.MetaScript.split;
import static io.henge.router.meta.MetaScript.state;
import static io.henge.router.meta.MetaScript.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationRecord;
import io.henge.router.ShardMap;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class ReshapingCommandsTest {
  @Test
  void shouldGiveOutIdsAndOneOperationForAShardAtATime() {
    MetaScript script = formed(2);
    OperationRecord first = done(script.run(split(1, ByteString.EMPTY))).getOperation();
    assertThat(first.getOperationId()).isEqualTo(1);
    assertThat(first.getOtherShardId()).isEqualTo(3);
    assertThat(first.getExpectedEpoch()).isEqualTo(1);
    assertThat(first.getState()).isEqualTo(OPERATION_STATE_RUNNING);
    assertThat(first.getStartedMillis()).isEqualTo(1_000);
    refused(script.run(split(1, at(1))), ErrorCode.CONDITION_FAILED, "operation 1 is under way");
    refused(script.run(merge(1, 2)), ErrorCode.CONDITION_FAILED, "operation 1 is under way");
    OperationRecord second = done(script.run(split(2, at(0xc0)))).getOperation();
    assertThat(second.getOtherShardId()).isEqualTo(4);
    done(script.run(update(1, OPERATION_STATE_FAILED)));
    assertThat(done(script.run(split(1, at(1)))).getOperation().getOtherShardId()).isEqualTo(5);
    assertThat(script.state.operation(1).getEndedMillis()).isEqualTo(2_000);
  }

  @Test
  void shouldRefuseOperationsThatMakeNoSense() {
    MetaScript script = formed(2);
    script.run(register(node("b"), false));
    refused(script.run(split(9, at(1))), ErrorCode.NOT_FOUND, "no shard 9");
    refused(script.run(split(1, at(0x80))), ErrorCode.INVALID_ARGUMENT, "not inside");
    refused(script.run(split(2, at(0x80))), ErrorCode.INVALID_ARGUMENT, "not inside");
    refused(script.run(merge(2, 0)), ErrorCode.INVALID_ARGUMENT, "ends the ring");
    refused(script.run(merge(2, 1)), ErrorCode.INVALID_ARGUMENT, "not the right neighbour");
    refused(script.run(merge(1, 1)), ErrorCode.INVALID_ARGUMENT, "not the right neighbour");
    refused(script.run(move(1, "b", "a")), ErrorCode.NOT_FOUND, "holds no replica");
    refused(script.run(move(1, "a", "x")), ErrorCode.NOT_FOUND, "no node");
    refused(script.run(move(1, "a", "a")), ErrorCode.ALREADY_EXISTS, "already");
    refused(script.run(move(0, "a", "a")), ErrorCode.ALREADY_EXISTS, "already");
    refused(script.run(drain("x")), ErrorCode.NOT_FOUND, "no node");
    MetaCommand.Builder stale = split(1, at(1));
    stale.getBeginOperationBuilder().setExpectedEpoch(7);
    refused(script.run(stale), ErrorCode.CONDITION_FAILED, "epoch 1, not at 7");
    MetaCommand.Builder wordy = drain("b");
    wordy.getBeginOperationBuilder().setReason("x".repeat(1_025));
    refused(script.run(wordy), ErrorCode.INVALID_ARGUMENT, "1025 bytes");
    script.run(state("b", NodeState.NODE_STATE_DRAINING, false));
    refused(script.run(move(1, "a", "b")), ErrorCode.INVALID_ARGUMENT, "being drained");
    done(script.run(drain("b")));
    refused(script.run(drain("b")), ErrorCode.CONDITION_FAILED, "operation 1 is under way");
    assertThat(script.state.operations()).hasSize(1);
  }

  @Test
  void shouldChangeStatesOnlyAsTheyMayChange() {
    MetaScript script = formed(1);
    script.run(split(1, ByteString.EMPTY));
    refused(
        script.run(update(1, OPERATION_STATE_CANCELLED)), ErrorCode.CONDITION_FAILED, "running");
    done(script.run(update(1, OPERATION_STATE_PAUSED)));
    done(script.run(update(1, OPERATION_STATE_RUNNING)));
    done(script.run(update(1, OPERATION_STATE_CANCELLING)));
    refused(
        script.run(update(1, OPERATION_STATE_RUNNING)),
        ErrorCode.CONDITION_FAILED,
        "being cancelled and cannot become running");
    done(script.run(update(1, OPERATION_STATE_DONE)));
    long version = script.state.version();
    done(script.run(update(1, OPERATION_STATE_DONE)));
    assertThat(script.state.version()).isEqualTo(version);
    refused(script.run(update(1, OPERATION_STATE_FAILED)), ErrorCode.CONDITION_FAILED, "is done");
    refused(script.run(update(2, OPERATION_STATE_DONE)), ErrorCode.NOT_FOUND, "no operation 2");
  }

  @Test
  void shouldKeepTheLastOperationsThatEnded() {
    MetaScript script = formed(1);
    for (int i = 1; i <= 130; i++) {
      done(script.run(split(1, ByteString.EMPTY)));
      done(script.run(update(i, OPERATION_STATE_FAILED)));
    }
    done(script.run(split(1, ByteString.EMPTY)));
    assertThat(script.state.operations()).hasSize(101);
    assertThat(script.state.operation(30)).isNull();
    assertThat(script.state.operation(31)).isNotNull();
    assertThat(MetaState.load(script.state.rows())).isEqualTo(script.state);
  }

  @Test
  void shouldWriteSplitsDownInTheOrderOfEpochs() {
    MetaScript script = formed(1);
    script.run(split(1, at(0x80)));
    script.run(update(1, OPERATION_STATE_FAILED));
    script.run(split(1, at(0x40)));
    MetaState before = script.state;
    refused(
        script.run(recordSplit(1, 3, at(0x40), 3, "a")), ErrorCode.CONDITION_FAILED, "next one");
    refused(script.run(recordSplit(1, 9, at(0x80), 2, "a")), ErrorCode.INVALID_ARGUMENT, "never");
    refused(script.run(recordSplit(9, 2, at(0x80), 2, "a")), ErrorCode.NOT_FOUND, "no shard 9");
    refused(script.run(recordSplit(1, 2, at(0x80), 2, "x")), ErrorCode.NOT_FOUND, "no node");
    // The operation has failed for meta; the log has decided otherwise.
    done(script.run(recordSplit(1, 2, at(0x80), 2, "a")));
    done(script.run(recordSplit(1, 3, at(0x40), 3, "a")));
    long version = script.state.version();
    done(script.run(recordSplit(1, 2, at(0x80), 2, "a")));
    assertThat(script.state.version()).isEqualTo(version);
    assertThat(script.state.shards())
        .extracting(row -> row.getShardId())
        .containsExactly(1L, 3L, 2L);
    assertThat(script.state.shard(1).getEpoch()).isEqualTo(3);
    assertThat(script.state.shard(2).getEpoch()).isEqualTo(2);
    assertThat(script.state.shardMap().problems()).isEmpty();
    assertThat(before.shards()).hasSize(1);
  }

  @Test
  void shouldTellClientsAndNodesOfSplitsAndMerges() {
    MetaScript script = formed(2);
    MetaState before = script.state;
    script.run(split(1, at(0x40)));
    script.run(recordSplit(1, 3, at(0x40), 2, "a"));
    MetaState between = script.state;
    refused(script.run(recordMerge(3, 2, 2)), ErrorCode.CONDITION_FAILED, "the next one");
    refused(script.run(recordMerge(1, 2, 3)), ErrorCode.INVALID_ARGUMENT, "neighbour");
    done(script.run(recordMerge(3, 2, 3)));
    done(script.run(recordMerge(3, 2, 3)));
    refused(script.run(split(2, at(0xc0))), ErrorCode.NOT_FOUND, "absorbed shard 2");
    MetaState after = script.state;
    assertThat(after.shard(2).getRemoved()).isTrue();
    assertThat(after.shards()).hasSize(2);
    assertThat(after.allShards()).hasSize(3);
    assertThat(after.shardMap().problems()).isEmpty();
    assertThat(after.rightOf(after.shard(1)).getShardId()).isEqualTo(3);
    assertThat(after.leftOf(after.shard(3)).getShardId()).isEqualTo(1);
    assertThat(after.rightOf(after.shard(3))).isNull();
    MapUpdate news = after.mapUpdate(between.version(), 0, shard -> null);
    assertThat(news.getRemovedShardIdsList()).containsExactly(2L);
    assertThat(news.getShardsCount()).isEqualTo(1);
    assertThat(after.mapUpdate(0, 0, shard -> null).getRemovedShardIdsCount()).isZero();
    for (MetaState known : new MetaState[] {before, between}) {
      ShardMap client = known.shardMap().merge(after.mapUpdate(known.version(), 0, shard -> null));
      assertThat(client.toUpdate(0)).isEqualTo(after.shardMap().toUpdate(0));
      MetaState follower =
          MetaState.EMPTY.merge(known.metaUpdate(0)).merge(after.metaUpdate(known.version()));
      assertThat(follower).isEqualTo(MetaState.EMPTY.merge(after.metaUpdate(0)));
    }
  }

  @Test
  void shouldRemoveANodeOnlyWhenItHoldsNothingOrIsDead() {
    MetaScript script = formed(1);
    script.run(register(node("b"), false));
    done(script.run(state("b", NodeState.NODE_STATE_DRAINING, false)));
    done(script.run(state("b", NodeState.NODE_STATE_UP, false)));
    refused(
        script.run(state("a", NodeState.NODE_STATE_REMOVED, false)),
        ErrorCode.CONDITION_FAILED,
        "holds 2 replicas: drain it first");
    refused(
        script.run(state("b", NodeState.NODE_STATE_UNSPECIFIED, false)),
        ErrorCode.INVALID_ARGUMENT,
        "up, draining or removed");
    done(script.run(state("a", NodeState.NODE_STATE_REMOVED, true)));
    assertThat(script.state.shard(1).getReplicaNodeIdsList()).containsExactly(id("a"));
    assertThat(script.state.replicasOf(id("a"))).isEqualTo(2);
    refused(script.run(register(node("a"), false)), ErrorCode.PERMISSION_DENIED, "empty directory");
    // Its name is free for a new incarnation at once.
    done(script.run(register(node("c").setName("n-a"), false)));
    done(script.run(state("b", NodeState.NODE_STATE_REMOVED, false)));
    refused(
        script.run(state("b", NodeState.NODE_STATE_UP, false)),
        ErrorCode.CONDITION_FAILED,
        "removed for good");
  }

  @Test
  void shouldKnowSettingsWithTheirBounds() {
    MetaSettings unset = MetaSettings.of(ClusterRow.getDefaultInstance());
    for (MetaSettings.Known known : MetaSettings.known()) {
      MetaSettings.requireValid(known.name(), known.byDefault());
      assertThat(unset.text(known.name())).isEqualTo(known.byDefault());
      assertThat(unset.number(known.name())).isBetween(known.least(), known.most());
      assertThat(known.description()).endsWith(".");
    }
    assertThat(unset.number(MetaSettings.SPLIT_BYTES)).isEqualTo(512L << 20);
    assertThat(unset.isOn(MetaSettings.AUTO_SPLIT)).isTrue();
    MetaSettings set =
        MetaSettings.of(
            ClusterRow.newBuilder()
                .putSettings(MetaSettings.SPLIT_BYTES, "2GiB")
                .putSettings(MetaSettings.AUTO_SPLIT, "OFF")
                .putSettings(MetaSettings.SPLIT_CPU, "nonsense")
                .build());
    assertThat(set.number(MetaSettings.SPLIT_BYTES)).isEqualTo(2L << 30);
    assertThat(set.isOn(MetaSettings.AUTO_SPLIT)).isFalse();
    assertThat(set.number(MetaSettings.SPLIT_CPU)).isEqualTo(80);
    for (String bad : new String[] {"x", "1", "-1", "9999999999999999", "1.5g", "g", "20t"}) {
      assertThatThrownBy(() -> MetaSettings.requireValid(MetaSettings.SPLIT_BYTES, bad))
          .isInstanceOf(HengeException.class)
          .hasMessageContaining("such as 512m");
    }
    assertThatThrownBy(() -> MetaSettings.requireValid(MetaSettings.AUTO_MERGE, "yes"))
        .hasMessageContaining("on or off");
    assertThatThrownBy(() -> MetaSettings.requireValid(MetaSettings.REPLICATION_TARGET, "2"))
        .hasMessageContaining("1, 3 or 5");
    MetaSettings.requireValid(MetaSettings.SPLIT_BYTES, "");
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
