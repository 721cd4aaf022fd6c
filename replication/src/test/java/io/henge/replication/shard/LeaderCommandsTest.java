package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.SourceKey;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node proposes for itself: entries of the catalogue, of copies, of splits and merges. */
class LeaderCommandsTest {
  private static final SourceKey SOURCE = new SourceKey(3, SimulatedReplicas.key("pear"));
  private static final FollowCommand SENT = new FollowCommand.Sent(SOURCE, 9);

  @TempDir private Path directory;
  private SimulatedReplicas replicas;

  @BeforeEach
  void start() {
    replicas = new SimulatedReplicas(directory, 3, ReplicaLimits.DEFAULT);
  }

  private static void assertInvalid(CompletableFuture<?> refused, String... words) {
    assertThat(refused).as("at once").isCompletedExceptionally();
    assertThatThrownBy(refused::join)
        .cause()
        .isInstanceOfSatisfying(
            HengeException.class,
            error -> assertThat(error.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContainingAll(words);
  }

  private long entries() {
    return replicas.leader().statistics().entries();
  }

  @Test
  void shouldRefuseEverythingWhereItDoesNotLead() {
    ReplicatedShard follower = replicas.shard(replicas.followerIds().get(0));
    for (CompletableFuture<?> refused :
        List.of(
            follower.installCatalogue(List.of()),
            follower.reshape(new ReshapeCommand.Thaw(7)),
            follower.follow(List.of(SENT)))) {
      assertThatThrownBy(refused::join)
          .cause()
          .isInstanceOfSatisfying(
              NotLeaderException.class,
              error -> assertThat(error.leader()).isEqualTo(replicas.leaderId()));
    }
  }

  @Test
  void shouldProposeCommandsOfOneKindTogether() {
    long before = entries();
    CompletableFuture<List<FollowOutcome>> done =
        replicas.leader().follow(Collections.nCopies(FollowCommand.COMMANDS_MAX, SENT));
    replicas.runUntil(done::isDone);
    assertThat(done.join()).hasSize(FollowCommand.COMMANDS_MAX);
    assertThat(entries()).isEqualTo(before + 1);
  }

  @Test
  void shouldNotProposeCommandsThatFitNoEntry() {
    long before = entries();
    ReplicatedShard leader = replicas.leader();
    assertInvalid(leader.follow(List.of()), "1 to 256", "found 0");
    assertInvalid(
        leader.follow(Collections.nCopies(FollowCommand.COMMANDS_MAX + 1, SENT)), "found 257");
    assertInvalid(
        leader.follow(List.of(SENT, new FollowCommand.Learn(SOURCE, 9, null, new byte[0]), SENT)),
        "different kinds");
    byte[] fields = new byte[leader.group().entryBytesMax()];
    assertInvalid(
        leader.follow(List.of(new FollowCommand.Learn(SOURCE, 9, fields, new byte[0]))),
        "bytes expected");
    assertThat(entries()).isEqualTo(before);
  }

  @Test
  void shouldInstallOnlyWhatTheShardDoesNotKnow() {
    CollectionInfo known = new CollectionInfo(1, "things", 0, false, false, 1);
    CollectionInfo more = new CollectionInfo(2, "more", 0, false, false, 1);
    long before = entries();
    assertThat(replicas.leader().installCatalogue(List.of(known))).isCompleted();
    assertThat(entries()).as("nothing to be written").isEqualTo(before);
    CompletableFuture<Void> done = replicas.leader().installCatalogue(List.of(known, more));
    replicas.runUntil(done::isDone);
    assertThat(done).isCompleted();
    assertThat(entries()).isEqualTo(before + 1);
    assertThat(replicas.leader().installCatalogue(List.of(known, more))).isCompleted();
  }
}
