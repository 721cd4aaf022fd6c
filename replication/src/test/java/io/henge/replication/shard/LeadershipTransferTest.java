package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handovers that do not begin. (Those that do are in ReplicatedShardTest.) */
class LeadershipTransferTest {
  @TempDir private Path directory;
  private SimulatedReplicas replicas;

  @BeforeEach
  void start() {
    replicas = new SimulatedReplicas(directory, 3, ReplicaLimits.DEFAULT);
    replicas.put("k", "v");
  }

  private static void assertRefused(
      CompletableFuture<Void> handover, ErrorCode code, String... words) {
    assertThat(handover).as("at once").isCompletedExceptionally();
    assertThatThrownBy(handover::join)
        .cause()
        .isInstanceOfSatisfying(
            HengeException.class, error -> assertThat(error.code()).isEqualTo(code))
        .hasMessageContainingAll(words);
  }

  @Test
  void shouldNotGiveUpTheLeaseForANodeThatIsNoMember() {
    assertRefused(
        replicas.leader().transferLeadership("00000000000000ff"),
        ErrorCode.INVALID_ARGUMENT,
        "00000000000000ff",
        replicas.followerIds().get(0));
    assertThat(replicas.leader().statistics().leaseValid()).isTrue();
    assertThat(replicas.put("k", "w").error()).isNull();
  }

  @Test
  void shouldHandOverOnceAtATime() {
    ReplicatedShard leader = replicas.leader();
    String target = replicas.followerIds().get(0);
    CompletableFuture<Void> first = leader.transferLeadership(target);
    assertRefused(leader.transferLeadership(target), ErrorCode.BUSY, "already");
    replicas.runUntil(() -> first.isDone() && replicas.shard(target).group().isLeader());
    assertThat(first).isCompleted();
    // Nor can it be handed over by who has it no more.
    assertRefused(leader.transferLeadership(target), ErrorCode.NOT_LEADER, "not lead");
  }
}
