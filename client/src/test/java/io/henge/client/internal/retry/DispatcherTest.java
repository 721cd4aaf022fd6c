package io.henge.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.api.v1.Error;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.ReadResponse;
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
import org.junit.jupiter.api.Test;

/** Attempts, retries and deadlines in virtual time, without a network. */
class DispatcherTest {
  private static final int TIMEOUT = 5_000;
  private static final byte[] LOW = {0x10, 0, 0, 0, 0, 0, 0, 0};
  private static final byte[] HIGH = {(byte) 0xF0, 0, 0, 0, 0, 0, 0, 0};
  private static final ByteString MIDDLE = ByteString.copyFrom(new byte[] {(byte) 0x80});

  private final ManualLoop loop = new ManualLoop();
  private final ScriptedTransport network = new ScriptedTransport(loop);
  private final ScriptedTransport.Node a = network.node("a:1");
  private final ScriptedTransport.Node b = network.node("b:1");
  private final ScriptedTransport.Node c = network.node("c:1");
  private final Random random = Seed.random("DispatcherTest");
  private final Links links = new Links(network, loop);
  private final Routes routes = new Routes(links, List.of("a:1"), random);
  private final ClusterClock clock = new ClusterClock(loop::nanoTime);
  private final MapFollower follower = new MapFollower(loop, network, routes, clock);
  private final Admission admission = new Admission(10, 1_000_000);
  private final Dispatcher dispatcher =
      new Dispatcher(loop, links, routes, follower, clock, admission, random);
  private long sequence;

  /** Shard 1, the lower half, is led by a; shard 2 by b; both live on a, b and c. */
  @BeforeEach
  void map() {
    routes.update(update(1, "a", "b"));
    List.of(a, b, c).forEach(node -> node.map(update(1, "a", "b")));
  }

  private static MapUpdate update(long version, String leader1, String leader2) {
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

  private static ShardDescriptor shard(
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

  private Call write(byte[] key) {
    return write(key, TIMEOUT);
  }

  private Call write(byte[] key, int timeoutMillis) {
    WriteRequest write =
        WriteRequest.newBuilder()
            .setRequestId(RequestId.newBuilder().setClientHigh(7).setSequence(++sequence))
            .setNotAfterMillis(123_456)
            .build();
    return submitted(
        Request.newBuilder().setWrite(write).build(), key, Call.Kind.WRITE, timeoutMillis);
  }

  private Call read(byte[] key, Call.Kind kind) {
    Request read = Request.newBuilder().setRead(ReadRequest.getDefaultInstance()).build();
    return submitted(read, key, kind, TIMEOUT);
  }

  private Call submitted(Request template, byte[] key, Call.Kind kind, int timeoutMillis) {
    Call call = new Call(template, Call.Place.at(key), kind, timeoutMillis, () -> "the call", true);
    dispatcher.submit(call);
    loop.run();
    return call;
  }

  private static Response written(long shardVersion) {
    return Response.newBuilder()
        .setWrite(WriteResponse.newBuilder().setShardVersion(shardVersion))
        .build();
  }

  private static Response error(ErrorCode code) {
    return FakeHenge.refused(code, "said so");
  }

  private static ErrorCode failure(Call call) {
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

  private static String message(Call call) {
    return call.answer().handle((done, failure) -> String.valueOf(failure.getMessage())).join();
  }

  private static void assertSameWrite(Request first, Request second) {
    assertThat(second.getWrite()).isEqualTo(first.getWrite());
    assertThat(second.getWrite().getRequestId().getSequence()).isPositive();
    assertThat(second.getWrite().getNotAfterMillis()).isEqualTo(123_456);
    assertThat(second.getId()).isNotEqualTo(first.getId());
  }

  @Test
  void shouldGoStraightToTheLeaderOfTheShard() {
    Call low = write(LOW);
    Call high = read(HIGH, Call.Kind.LEADER_READ);
    assertThat(a.sent()).hasSize(1);
    assertThat(b.sent()).hasSize(1);
    assertThat(a.last().getShardId()).isEqualTo(1);
    assertThat(a.last().getShardEpoch()).isEqualTo(1);
    assertThat(a.last().getTimeoutMillis()).isEqualTo(TIMEOUT);
    a.answer(written(5));
    b.answer(Response.newBuilder().setRead(ReadResponse.getDefaultInstance()).build());
    assertThat(low.answer().join().getWrite().getShardVersion()).isEqualTo(5);
    assertThat(low.attempts()).isEqualTo(1);
    assertThat(low.shardId()).isEqualTo(1);
    assertThat(high.answer()).isCompleted();
    assertThat(admission.requests()).isZero();
  }

  @Test
  void shouldFollowTheNamedLeaderAtOnceUnderTheSameIdentity() {
    Call call = write(LOW);
    a.answer(FakeHenge.notLeader("c"));
    assertThat(c.sent()).hasSize(1);
    assertSameWrite(a.last(), c.last());
    c.answer(written(1));
    assertThat(call.answer()).isCompleted();
    // The next one knows.
    write(LOW);
    assertThat(a.sent()).hasSize(1);
    assertThat(c.sent()).hasSize(2);
  }

  @Test
  void shouldLearnTheLeaderFromAForwardedAnswer() {
    write(LOW);
    a.answer(written(1).toBuilder().setLeaderNodeId("b").build());
    write(LOW);
    assertThat(b.sent()).hasSize(1);
  }

  @Test
  void shouldFollowTheDescriptorsOfAWrongShard() {
    Call call = write(LOW);
    ShardDescriptor split =
        shard(3, 2, ByteString.EMPTY, ByteString.copyFrom(new byte[] {0x20}), "b");
    a.answer(
        Response.newBuilder()
            .setError(Error.newBuilder().setCode(ErrorCode.WRONG_SHARD.number()).addShards(split))
            .build());
    assertThat(b.last().getShardId()).isEqualTo(3);
    assertThat(b.last().getShardEpoch()).isEqualTo(2);
    b.answer(written(1));
    assertThat(call.shardId()).isEqualTo(3);
  }

  @Test
  void shouldAskElsewhereWhenALeaderStaysSilentAndTakeTheFirstAnswer() {
    Call call = write(LOW);
    loop.advance(Patience.QUIET_MILLIS_MIN - 20);
    assertThat(network.sentInAll()).isEqualTo(1);
    loop.advance(40);
    assertThat(network.sentInAll()).isEqualTo(2);
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    assertSameWrite(a.last(), other.last());
    assertThat(other.last().getTimeoutMillis()).isBetween(4_600, 4_710);
    other.answer(written(9).toBuilder().setLeaderNodeId("a").build());
    assertThat(call.answer().join().getWrite().getShardVersion()).isEqualTo(9);
    // Others avoid the silent node until it speaks.
    write(LOW);
    assertThat(a.sent()).hasSize(1);
    a.answer(a.sent().get(0), written(9));
    write(LOW);
    assertThat(a.sent()).hasSize(2);
  }

  @Test
  void shouldGiveANodeThatAnswersOthersMoreTime() {
    Call slow = write(LOW);
    Request first = a.last();
    for (int answered = 0; answered < 9; answered++) {
      loop.advance(100);
      Call quick = write(LOW);
      a.answer(written(answered));
      assertThat(quick.answer()).isCompleted();
      assertThat(a.sent()).hasSize(2 + answered);
    }
    assertThat(b.sent()).isEmpty();
    assertThat(c.sent()).isEmpty();
    // But not for ever.
    loop.advance(Patience.SILENCE_MILLIS_MAX - 900 + 20);
    assertThat(network.sentInAll()).isEqualTo(11);
    a.answer(first, written(10));
    assertThat(slow.answer()).isCompleted();
  }

  @Test
  void shouldHaveMoreAndMorePatienceWithOneCall() {
    write(LOW);
    loop.advance(Patience.QUIET_MILLIS_MIN + 20);
    assertThat(network.sentInAll()).isEqualTo(2);
    loop.advance(2 * Patience.QUIET_MILLIS_MIN - 40);
    assertThat(network.sentInAll()).isEqualTo(2);
    loop.advance(40);
    assertThat(network.sentInAll()).isEqualTo(3);
    loop.advance(Patience.SILENCE_MILLIS_MAX - 40);
    assertThat(network.sentInAll()).isEqualTo(3);
  }

  /** Followers that pass a request on to a leader that is dead say nothing either. */
  @Test
  void shouldAskANodeAgainThatHasKeptSilentAboutTheRequestForLong() {
    Call call = write(LOW);
    loop.advance(3 * (Patience.SILENCE_MILLIS_MAX + 20));
    assertThat(b.sent()).isNotEmpty();
    assertThat(c.sent()).isNotEmpty();
    int askedB = b.sent().size();
    int askedC = c.sent().size();
    // The old leader is back and knows nobody; meanwhile one of the others has become the leader.
    while (!call.answer().isDone() && loop.nanoTime() < TIMEOUT * 1_000_000L) {
      if (!a.sent().isEmpty()) {
        a.answer(a.sent().remove(0), error(ErrorCode.NOT_LEADER));
      }
      if (b.sent().size() > askedB) {
        b.answer(written(4));
      } else if (c.sent().size() > askedC) {
        c.answer(written(4));
      }
      loop.advance(10);
    }
    assertThat(call.answer().join().getWrite().getShardVersion()).isEqualTo(4);
  }

  @Test
  void shouldWaitForAThirdOfAShortDeadlineOnly() {
    write(LOW, 300);
    loop.advance(90);
    assertThat(network.sentInAll()).isEqualTo(1);
    loop.advance(20);
    assertThat(network.sentInAll()).isEqualTo(2);
  }

  @Test
  void shouldNotLetASecondAttemptsErrorHideTheFirstOnesSuccess() {
    for (ErrorCode code :
        List.of(
            ErrorCode.OUTCOME_UNKNOWN,
            ErrorCode.DEADLINE,
            ErrorCode.INTERNAL,
            ErrorCode.NOT_FOUND,
            ErrorCode.INVALID_ARGUMENT,
            ErrorCode.PERMISSION_DENIED)) {
      Call call = write(LOW);
      Request first = a.last();
      loop.advance(Patience.QUIET_MILLIS_MIN + 20);
      ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
      other.answer(error(code));
      assertThat(call.answer()).as(code.name()).isNotDone();
      a.answer(first, written(3));
      assertThat(call.answer()).as(code.name()).isCompleted();
      b.sent().clear();
      c.sent().clear();
    }
  }

  @Test
  void shouldTakeWhatTheLogDecidedFromAnyAttempt() {
    Call call = write(LOW);
    loop.advance(Patience.QUIET_MILLIS_MIN + 20);
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    other.answer(error(ErrorCode.CONDITION_FAILED));
    assertThat(failure(call)).isEqualTo(ErrorCode.CONDITION_FAILED);
  }

  @Test
  void shouldMoveEverythingToOtherNodesWhenAConnectionBreaks() {
    Call first = write(LOW);
    Call second = write(LOW);
    a.drop();
    assertThat(b.sent().size() + c.sent().size()).isEqualTo(2);
    List<Request> moved = b.sent().isEmpty() ? c.sent() : b.sent();
    assertThat(moved.get(0).getWrite()).isEqualTo(a.sent().get(0).getWrite());
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    other.answer(moved.get(0), written(1));
    other.answer(moved.get(1), written(2));
    assertThat(first.answer()).isCompleted();
    assertThat(second.answer()).isCompleted();
  }

  @Test
  void shouldNotSendWhatNobodyCanTakeAndSayThatItHadNoEffect() {
    List.of(a, b, c).forEach(node -> node.refuse(true));
    Call call = write(LOW, 1_000);
    loop.advance(990);
    assertThat(call.answer()).isNotDone();
    // A dead cluster is asked again and again, but with pauses.
    assertThat(a.opened() + b.opened() + c.opened()).isBetween(6, 40);
    loop.advance(20);
    assertThat(failure(call)).isEqualTo(ErrorCode.DEADLINE);
    assertThat(message(call)).contains("no effect", "1000 ms", "connection refused");
  }

  @Test
  void shouldComeThroughASecondWithoutLeaderWithoutErrorAndWithoutHammering() {
    Call call = write(LOW);
    // For a second nobody leads.
    for (int millis = 0; millis < 1_000; millis += 5) {
      for (ScriptedTransport.Node node : List.of(a, b, c)) {
        for (Request request : List.copyOf(node.sent())) {
          node.answer(request, FakeHenge.notLeader(""));
        }
      }
      loop.advance(5);
    }
    assertThat(call.answer()).isNotDone();
    assertThat(call.attempts).isBetween(8, 40);
    assertThat(a.sent().size()).isPositive();
    assertThat(b.sent().size()).isPositive();
    assertThat(c.sent().size()).isPositive();
    // Then c does.
    for (int millis = 0; millis < 300 && !call.answer().isDone(); millis += 5) {
      for (ScriptedTransport.Node node : List.of(a, b)) {
        for (Request request : List.copyOf(node.sent())) {
          node.answer(request, FakeHenge.notLeader("c"));
        }
      }
      for (Request request : List.copyOf(c.sent())) {
        c.answer(request, written(1));
      }
      loop.advance(5);
    }
    assertThat(call.answer()).isCompleted();
  }

  @Test
  void shouldTellAtTheDeadlineWhetherAWriteMayHaveTakenEffect() {
    Call sent = write(LOW, 900);
    loop.advance(1_000);
    assertThat(failure(sent)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(message(sent))
        .contains("the call", "900 ms", "may have taken effect", "shard 1", "node", "attempts");
  }

  @Test
  void shouldSayDeadlineWhenOnlyAnswersWithoutEffectCame() {
    Call call = write(LOW, 500);
    for (int i = 0; i < 120 && !call.answer().isDone(); i++) {
      for (ScriptedTransport.Node node : List.of(a, b, c)) {
        for (Request request : List.copyOf(node.sent())) {
          node.answer(request, error(ErrorCode.BUSY));
        }
      }
      loop.advance(5);
    }
    assertThat(failure(call)).isEqualTo(ErrorCode.DEADLINE);
    assertThat(message(call)).contains("BUSY", "no effect");
  }

  @Test
  void shouldSayDeadlineForReads() {
    Call call = read(LOW, Call.Kind.LEADER_READ);
    loop.advance(TIMEOUT + 10);
    assertThat(failure(call)).isEqualTo(ErrorCode.DEADLINE);
    assertThat(message(call)).doesNotContain("effect");
  }

  @Test
  void shouldNotClaimThatALostWriteHadNoEffect() {
    Call call = write(LOW);
    a.drop();
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    other.answer(error(ErrorCode.PERMISSION_DENIED));
    assertThat(failure(call)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(message(call)).contains("PERMISSION_DENIED");
  }

  @Test
  void shouldNotTakeTheWordOfANodeWhoseCatalogueMayLagBehindForALostWrite() {
    Call call = write(LOW);
    a.drop();
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    other.answer(error(ErrorCode.NOT_FOUND));
    assertThat(failure(call)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(message(call)).contains("NOT_FOUND");
  }

  @Test
  void shouldComeBackToABusyNodeWhenItSaid() {
    Call call = write(LOW);
    a.answer(
        Response.newBuilder()
            .setError(
                Error.newBuilder()
                    .setCode(ErrorCode.BUSY.number())
                    .setMessage("full")
                    .setRetryAfterMillis(200))
            .build());
    loop.advance(190);
    assertThat(network.sentInAll()).isEqualTo(1);
    loop.advance(80);
    assertThat(a.sent()).hasSize(2);
    assertSameWrite(a.sent().get(0), a.sent().get(1));
    a.answer(written(1));
    assertThat(call.answer()).isCompleted();
  }

  @Test
  void shouldFetchTheMapWhenTheCatalogueIsStale() {
    MapUpdate newer = update(9, "a", "b");
    List.of(a, b, c).forEach(node -> node.map(newer));
    Call call = write(LOW);
    a.answer(error(ErrorCode.STALE_CATALOGUE));
    loop.advance(20);
    assertThat(routes.map().version()).isEqualTo(9);
    a.answer(written(1));
    assertThat(call.answer()).isCompleted();
  }

  @Test
  void shouldTryAnotherNodeAfterUnavailable() {
    Call call = write(LOW);
    a.answer(error(ErrorCode.UNAVAILABLE));
    loop.advance(20);
    assertThat(b.sent().size() + c.sent().size()).isEqualTo(1);
    assertThat(call.answer()).isNotDone();
  }

  @Test
  void shouldGiveErrorsThatNoRetryChangesToTheCaller() {
    Call call = write(LOW);
    a.answer(error(ErrorCode.INVALID_ARGUMENT));
    assertThat(failure(call)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(message(call)).isEqualTo("the call: said so");
    assertThat(network.sentInAll()).isEqualTo(1);
    Call bug = write(LOW);
    a.answer(error(ErrorCode.INTERNAL));
    assertThat(failure(bug)).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void shouldNotDelayCallersOfHealthyNodesForADeadOne() {
    a.neverConnect();
    for (int i = 0; i < 5; i++) {
      write(LOW);
    }
    Call healthy = write(HIGH);
    assertThat(b.sent()).hasSize(1);
    b.answer(written(1));
    assertThat(healthy.answer()).isCompleted();
  }

  @Test
  void shouldRefuseMoreThanTheBoundAndGiveRoomBack() {
    Call first = write(LOW);
    for (int i = 1; i < 10; i++) {
      write(LOW);
    }
    assertThatThrownBy(() -> write(LOW))
        .isInstanceOfSatisfying(
            HengeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.BUSY);
              assertThat(e).hasMessageContaining("requestsInFlightMax = 10");
            });
    a.answer(a.sent().get(0), written(1));
    assertThat(first.answer()).isCompleted();
    write(LOW);
    assertThat(a.sent()).hasSize(11);
  }

  @Test
  void shouldSpreadReplicaReadsAndAvoidNodesThatFail() {
    for (int i = 0; i < 9; i++) {
      read(LOW, Call.Kind.REPLICA_READ);
    }
    assertThat(List.of(a, b, c)).allSatisfy(node -> assertThat(node.sent()).isNotEmpty());
    int before = b.sent().size();
    b.refuse(true);
    b.drop();
    assertThat(a.sent().size() + c.sent().size()).isEqualTo(9);
    assertThat(b.sent()).hasSize(before);
  }

  @Test
  void shouldPassOnRequestsForWhichTheMapHasNoShard() {
    MapUpdate holes =
        update(5, "a", "b").toBuilder()
            .clearShards()
            .addShards(shard(2, 9, MIDDLE, ByteString.EMPTY, "b"))
            .addRemovedShardIds(1)
            .setFull(false)
            .setBaseVersion(1)
            .build();
    routes.update(holes);
    assertThat(routes.find(LOW)).isNull();
    write(LOW);
    assertThat(network.sentInAll()).isEqualTo(1);
    Request sent =
        List.of(a, b, c).stream().flatMap(node -> node.sent().stream()).findFirst().orElseThrow();
    assertThat(sent.getShardId()).isZero();
  }

  @Test
  void shouldTellTheStepsOfACall() {
    Call call = write(LOW);
    a.answer(FakeHenge.notLeader("b"));
    b.answer(written(1));
    assertThat(call.steps()).hasSize(3);
    assertThat(call.steps().get(0)).contains("attempt 1", "shard 1", "node a", "(leader)");
    assertThat(call.steps().get(1)).contains("NOT_LEADER");
    assertThat(call.steps().get(2)).contains("attempt 2", "node b");
  }

  @Test
  void shouldFailWhatWaitsAtClose() {
    Call call = write(LOW);
    loop.execute(dispatcher::close);
    loop.run();
    assertThat(failure(call)).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThatThrownBy(() -> write(LOW))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
  }

  @Test
  void shouldHaveNoTimersWhenIdle() {
    write(LOW);
    a.answer(written(1));
    loop.advance(50);
    assertThat(loop.timers()).isZero();
  }
}
