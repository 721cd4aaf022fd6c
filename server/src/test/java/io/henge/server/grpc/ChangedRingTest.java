package io.henge.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.Put;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.Replica;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.Response;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.Value;
import io.henge.api.v1.WriteRequest;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.router.meta.Applied;
import io.henge.router.meta.MetaState;
import io.henge.server.node.MetaFollower;
import io.henge.server.node.MetaView;
import io.henge.server.node.Replicas;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A shard has changed in its own log, and meta's map is of before: what the node answers. */
class ChangedRingTest {
  private static final byte[] NONE = new byte[0];
  private static final Key ANN = Key.of("ann");
  private static final byte[] PREFIX = PhysicalKey.prefix(ANN, 1);
  private static final byte[] BOUNDARY = PhysicalKey.of(ANN, 1, Key.of("m"));

  private final Map<Long, InMemoryReplica> local = new LinkedHashMap<>();
  private final InMemoryReplica parent = host(1, 1, NONE, NONE);
  private final MetaView view = MetaView.of(formed());
  private final RequestHandler handler =
      new RequestHandler(
          "a",
          new RequestReader(Limits.DEFAULT),
          new Hosted(),
          new Meta(),
          new NoPeers(),
          new WriteIdentities(() -> 1_000),
          (kind, error, forwarded, nanos) -> {},
          Runnable::run);

  private InMemoryReplica host(long id, long epoch, byte[] start, byte[] end) {
    InMemoryReplica replica = new InMemoryReplica(id, epoch, start, end);
    local.put(id, replica);
    return replica;
  }

  private static MetaState formed() {
    NodeRecord node =
        NodeRecord.newBuilder()
            .setNodeId("a")
            .setName("a")
            .setClientAddress("127.0.0.1:1")
            .setRaftAddress("127.0.0.1:2")
            .setHttpAddress("127.0.0.1:3")
            .setWeight(1)
            .setFeatureLevel(1)
            .build();
    MetaState state =
        applied(
            MetaState.EMPTY,
            1,
            MetaCommand.newBuilder()
                .setFormCluster(FormCluster.newBuilder().setClusterId("c1").setFirstNode(node)));
    return applied(
        state,
        2,
        MetaCommand.newBuilder()
            .setCreateCollection(CreateCollection.newBuilder().setName("things")));
  }

  private static MetaState applied(MetaState state, long sequence, MetaCommand.Builder command) {
    Applied applied =
        state.apply(
            command
                .setRequestId(RequestId.newBuilder().setClientHigh(1).setSequence(sequence))
                .build());
    assertThat(applied.result().getCode()).as(applied.result().getMessage()).isZero();
    return applied.state();
  }

  private final class Hosted implements Replicas {
    @Override
    public @Nullable ShardReplica replica(long shardId) {
      return local.get(shardId);
    }

    @Override
    public List<ShardReplica> serving() {
      return List.copyOf(local.values());
    }

    @Override
    public boolean isMember(ShardReplica replica) {
      return true;
    }

    @Override
    public void onLeaders(Runnable told) {}

    @Override
    public CompletableFuture<Void> installCatalogue(ShardReplica replica) {
      return CompletableFuture.completedFuture(null);
    }
  }

  private static final class NoPeers implements PeerStreams {
    @Override
    public @Nullable PeerStream stream(String nodeId) {
      return null;
    }

    @Override
    public List<Exchange> takeBack(BiPredicate<String, Long> isMoved) {
      return List.of();
    }
  }

  private final class Meta implements MetaFollower {
    @Override
    public MetaView view() {
      return view;
    }

    @Override
    public CompletableFuture<MetaView> refresh() {
      return CompletableFuture.completedFuture(view);
    }

    @Override
    public CompletableFuture<MetaView> confirm() {
      return refresh();
    }
  }

  private InMemoryReplica split() {
    parent.become(2, NONE, BOUNDARY);
    return host(9, 2, BOUNDARY, NONE);
  }

  private static Request.Builder put(String sortKey) {
    return Request.newBuilder()
        .setId(77)
        .setWrite(
            WriteRequest.newBuilder()
                .setShardingKey(WireValues.key(ANN))
                .addMutations(
                    Mutation.newBuilder()
                        .setCollection("things")
                        .setSortKey(WireValues.key(Key.of(sortKey)))
                        .setPut(
                            Put.newBuilder()
                                .setValue(
                                    Value.newBuilder().setData(ByteString.copyFromUtf8("v"))))));
  }

  private static Request.Builder scan(boolean reverse, byte @Nullable [] position) {
    RangeRequest.Builder range =
        RangeRequest.newBuilder()
            .setShardingKey(WireValues.key(ANN))
            .setCollection("things")
            .setReverse(reverse);
    if (position != null) {
      range.setCursor(ByteString.copyFrom(new ScanCursor(reverse, position).encode(PREFIX)));
    }
    return Request.newBuilder().setId(77).setRange(range);
  }

  private Response handle(Request.Builder request) {
    List<Response> answers = new ArrayList<>();
    Dispatch dispatch = new Dispatch();
    handler.handle(
        request.build(),
        System.nanoTime(),
        new Answer() {
          @Override
          public void answer(Response response) {
            answers.add(response);
          }

          @Override
          public void flush() {}
        },
        dispatch);
    dispatch.flush();
    assertThat(answers).hasSize(1);
    assertThat(answers.get(0).getId()).isEqualTo(77);
    return answers.get(0);
  }

  private static void requireWrongShard(Response answer, String... shards) {
    assertThat(ErrorCode.of(answer.getError().getCode())).isEqualTo(ErrorCode.WRONG_SHARD);
    assertThat(answer.getError().getShardsList())
        .extracting(shard -> shard.getShardId() + "@" + shard.getEpoch())
        .containsExactly(shards);
  }

  @Test
  void shouldNameAllWhoHoldNowWhatTheAskedShardOnceDid() {
    split();
    Response answer = handle(put("z").setShardId(1).setShardEpoch(1));
    requireWrongShard(answer, "9@2", "1@2");
    ShardDescriptor child = answer.getError().getShards(0);
    assertThat(child.getStart().toByteArray()).isEqualTo(BOUNDARY);
    assertThat(child.getEnd()).isEmpty();
    assertThat(child.getLeaderNodeId()).isEqualTo("a");
    assertThat(child.getConfIndex()).isEqualTo(3);
    assertThat(child.getReplicas(0).getNodeId()).isEqualTo("a");
    assertThat(parent.written).isEmpty();
  }

  @Test
  void shouldNotClaimWhatAShardHasGivenUpWhileNobodyIsKnownToHaveIt() {
    parent.become(2, NONE, BOUNDARY);
    requireWrongShard(handle(put("z").setShardId(1).setShardEpoch(1)), "1@2");
    requireWrongShard(handle(put("z")), "1@2");
  }

  @Test
  void shouldNameAChildThatDoesNotRunHereYet() {
    parent.become(2, NONE, BOUNDARY);
    ShardDescription born = new ShardDescription(9, 2, BOUNDARY, NONE);
    parent.children.add(new Child(9, 4, born, List.of("a", "b"), 7, 5));
    Response answer = handle(put("z").setShardId(1).setShardEpoch(1));
    requireWrongShard(answer, "9@2", "1@2");
    assertThat(answer.getError().getShards(0).getReplicasList())
        .extracting(Replica::getNodeId)
        .containsExactly("a", "b");
  }

  @Test
  void shouldFindTheRightShardForWhoeverNamesNone() {
    InMemoryReplica child = split();
    Response answer = handle(put("z"));
    assertThat(answer.hasError()).isFalse();
    assertThat(child.written).hasSize(1);
    assertThat(answer.getShard().getShardId()).isEqualTo(9);
    assertThat(handle(put("a")).getShard().getShardId()).isEqualTo(1);
  }

  @Test
  void shouldLookAgainWhenTheShardChangesUnderARequestOfSomebodyWhoNamesNone() {
    parent.beforeApply(this::split);
    Response answer = handle(put("z"));
    assertThat(answer.hasError()).isFalse();
    assertThat(parent.written).isEmpty();
    assertThat(Objects.requireNonNull(local.get(9L)).written).hasSize(1);
  }

  @Test
  void shouldSendAwayWhoNamedAShardThatChangesUnderTheRequest() {
    parent.beforeApply(this::split);
    requireWrongShard(handle(put("z").setShardId(1).setShardEpoch(1)), "9@2", "1@2");
  }

  @Test
  void shouldNameTheShardThatServedIfTheRequestDidNot() {
    assertThat(handle(put("a").setShardId(1).setShardEpoch(1)).hasShard()).isFalse();
    split();
    Response answer = handle(put("a").setShardId(1).setShardEpoch(1));
    assertThat(answer.hasError()).isFalse();
    assertThat(answer.getShard().getEpoch()).isEqualTo(2);
    assertThat(answer.getShard().getEnd().toByteArray()).isEqualTo(BOUNDARY);
  }

  @Test
  void shouldRouteAScanByItsPosition() {
    split();
    Response left = handle(scan(false, null));
    assertThat(left.getShard().getShardId()).isEqualTo(1);
    byte[] cursor = left.getRange().getCursor().toByteArray();
    byte[] position = ScanCursor.decode(cursor, PREFIX, false, 4096).position();
    assertThat(position).isEqualTo(BOUNDARY);
    assertThat(handle(scan(false, position)).getShard().getShardId()).isEqualTo(9);
    // Descending, what comes right before the boundary is meant.
    assertThat(handle(scan(true, null)).getShard().getShardId()).isEqualTo(9);
    assertThat(handle(scan(true, BOUNDARY)).getShard().getShardId()).isEqualTo(1);
    requireWrongShard(handle(scan(true, BOUNDARY).setShardId(9).setShardEpoch(2)), "1@2", "9@2");
  }

  @Test
  void shouldNameTheBoundaryThatDividesAWrite() {
    split();
    Request.Builder both = put("a").setShardId(1).setShardEpoch(2);
    both.getWriteBuilder().addMutations(put("z").getWrite().getMutations(0));
    Response answer = handle(both);
    assertThat(ErrorCode.of(answer.getError().getCode())).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(answer.getError().getMutation()).isEqualTo(1);
    assertThat(answer.getError().getMessage())
        .contains("sharding key \"ann\"")
        .contains("shard 1 holds it up to things \"m\" (exclusive)")
        .contains("shard 9 holds from things \"m\" to the end")
        .contains("Mutation 0 lies in shard 1, mutation 1 in shard 9")
        .contains("merge the shards");
    assertThat(answer.getError().getShardsList())
        .extracting(ShardDescriptor::getShardId)
        .containsExactly(1L, 9L);
  }
}
