package io.henge.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Error;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.ReadResponse;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.ShardDescriptor;
import io.henge.client.testing.FakeHenge;
import io.henge.client.testing.ScriptedTransport;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whom calls go to, and go to next, in virtual time, without a network. */
class DispatcherTest extends DispatcherFixture {
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
