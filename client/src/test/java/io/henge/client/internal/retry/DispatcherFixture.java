package io.henge.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Replica;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.Response;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.WriteRequest;
import io.henge.api.v1.WriteResponse;
import io.henge.client.internal.batch.Admission;
import io.henge.client.internal.batch.Links;
import io.henge.client.internal.routing.ClusterClock;
import io.henge.client.internal.routing.MapFollower;
import io.henge.client.internal.routing.Routes;
import io.henge.client.testing.FakeHenge;
import io.henge.client.testing.ManualLoop;
import io.henge.client.testing.ScriptedTransport;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;

/** A dispatcher in virtual time, and a cluster of three nodes that say what a test tells them. */
abstract class DispatcherFixture {
  static final int TIMEOUT = 5_000;
  static final byte[] LOW = {0x10, 0, 0, 0, 0, 0, 0, 0};
  static final byte[] HIGH = {(byte) 0xF0, 0, 0, 0, 0, 0, 0, 0};
  static final ByteString MIDDLE = ByteString.copyFrom(new byte[] {(byte) 0x80});

  final ManualLoop loop = new ManualLoop();
  final ScriptedTransport network = new ScriptedTransport(loop);
  final ScriptedTransport.Node a = network.node("a:1");
  final ScriptedTransport.Node b = network.node("b:1");
  final ScriptedTransport.Node c = network.node("c:1");
  private final Random random = Seed.random(getClass().getSimpleName());
  private final Links links = new Links(network, loop);
  final Routes routes = new Routes(links, List.of("a:1"), random);
  private final ClusterClock clock = new ClusterClock(loop::nanoTime);
  private final MapFollower follower = new MapFollower(loop, network, routes, clock);
  final Admission admission = new Admission(10, 1_000_000);
  final Dispatcher dispatcher =
      new Dispatcher(loop, links, routes, follower, clock, admission, random);
  private long sequence;

  /** Shard 1, the lower half, is led by a; shard 2 by b; both live on a, b and c. */
  @BeforeEach
  void map() {
    routes.update(update(1, "a", "b"));
    List.of(a, b, c).forEach(node -> node.map(update(1, "a", "b")));
  }

  static MapUpdate update(long version, String leader1, String leader2) {
    MapUpdate.Builder update =
        MapUpdate.newBuilder().setClusterId("x").setVersion(version).setFull(true);
    for (String id : List.of("a", "b", "c")) {
      update.addNodes(
          NodeRecord.newBuilder().setNodeId(id).setName(id).setClientAddress(id + ":1"));
    }
    return update
        .addShards(shard(1, 1, ByteString.EMPTY, MIDDLE, leader1))
        .addShards(shard(2, 1, MIDDLE, ByteString.EMPTY, leader2))
        .build();
  }

  static ShardDescriptor shard(
      long id, long epoch, ByteString start, ByteString end, String leader) {
    return ShardDescriptor.newBuilder()
        .setShardId(id)
        .setEpoch(epoch)
        .setStart(start)
        .setEnd(end)
        .addReplicas(Replica.newBuilder().setNodeId("a"))
        .addReplicas(Replica.newBuilder().setNodeId("b"))
        .addReplicas(Replica.newBuilder().setNodeId("c"))
        .setLeaderNodeId(leader)
        .build();
  }

  Call write(byte[] key) {
    return write(key, TIMEOUT);
  }

  Call write(byte[] key, int timeoutMillis) {
    WriteRequest write =
        WriteRequest.newBuilder()
            .setRequestId(RequestId.newBuilder().setClientHigh(7).setSequence(++sequence))
            .setNotAfterMillis(123_456)
            .build();
    return submitted(
        Request.newBuilder().setWrite(write).build(), key, Call.Kind.WRITE, timeoutMillis);
  }

  Call read(byte[] key, Call.Kind kind) {
    Request read = Request.newBuilder().setRead(ReadRequest.getDefaultInstance()).build();
    return submitted(read, key, kind, TIMEOUT);
  }

  Call submitted(Request template, byte[] key, Call.Kind kind, int timeoutMillis) {
    Call call = new Call(template, Call.Place.at(key), kind, timeoutMillis, () -> "the call", true);
    dispatcher.submit(call);
    loop.run();
    return call;
  }

  static Response written(long shardVersion) {
    return Response.newBuilder()
        .setWrite(WriteResponse.newBuilder().setShardVersion(shardVersion))
        .build();
  }

  static Response error(ErrorCode code) {
    return FakeHenge.refused(code, "said so");
  }

  static ErrorCode failure(Call call) {
    assertThat(call.answer()).isCompletedExceptionally();
    try {
      call.answer().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof HengeException known) {
        return known.code();
      }
      throw e;
    }
    throw new AssertionError("no failure");
  }

  static String message(Call call) {
    return call.answer().handle((done, failure) -> String.valueOf(failure.getMessage())).join();
  }

  static void assertSameWrite(Request first, Request second) {
    assertThat(second.getWrite()).isEqualTo(first.getWrite());
    assertThat(second.getWrite().getRequestId().getSequence()).isPositive();
    assertThat(second.getWrite().getNotAfterMillis()).isEqualTo(123_456);
    assertThat(second.getId()).isNotEqualTo(first.getId());
  }
}
