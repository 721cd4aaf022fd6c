package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.Value;
import io.henge.engine.KeySpace;
import io.henge.replication.shard.SimulatedReplicas.Answer;
import io.henge.replication.statemachine.RawRow;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbRows;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.RowsDigest;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leaders and followers of a shard that is split, or merged away. */
class ReshapingShardTest {
  @TempDir Path directory;

  private ReshapeOutcome reshape(SimulatedReplicas replicas, ReshapeCommand command) {
    CompletableFuture<ReshapeOutcome> outcome = replicas.leader().reshape(command);
    replicas.runUntil(outcome::isDone);
    return outcome.join();
  }

  private static <T> T get(SimulatedReplicas replicas, CompletableFuture<T> future) {
    replicas.runUntil(future::isDone);
    return future.join();
  }

  private static @Nullable ErrorCode failure(
      SimulatedReplicas replicas, CompletableFuture<?> future) {
    replicas.runUntil(future::isDone);
    return future
        .handle(
            (done, thrown) -> {
              Throwable cause =
                  thrown instanceof java.util.concurrent.CompletionException
                      ? thrown.getCause()
                      : thrown;
              return cause instanceof HengeException e ? e.code() : null;
            })
        .join();
  }

  private static @Nullable ErrorCode read(
      SimulatedReplicas replicas, String node, String key, ReadLevel level) {
    Answer<ReadOutcome> answer = replicas.read(node, key, level, 2_000);
    replicas.runUntil(() -> answer.result != null);
    HengeException error = answer.get().error();
    return error == null ? null : error.code();
  }

  @Test
  void shouldReadAFrozenShardInPagesAndSealIt() {
    SimulatedReplicas replicas = new SimulatedReplicas(directory, 3, ReplicaLimits.DEFAULT);
    for (int i = 0; i < 30; i++) {
      replicas.put("k" + i, "value " + i);
    }
    String leader = replicas.leaderId();
    String follower = replicas.followerIds().get(0);
    assertThat(failure(replicas, replicas.leader().frozenRows(6, new byte[0], 100)))
        .isEqualTo(ErrorCode.CONDITION_FAILED);
    assertThat(reshape(replicas, new ReshapeCommand.Freeze(6, 3)).isDone()).isTrue();
    long entries = replicas.leader().statistics().entries();

    // No writes, without an entry for each; reads go on.
    Answer<WriteOutcome> refused =
        replicas.queue(
            leader, replicas.command("k1", new Action.Put(Value.of("x"), Action.TTL_NEVER)), 1_000);
    assertThat(refused.get().error()).isEqualTo(ErrorCode.BUSY);
    assertThat(refused.get().retryAfterMillis()).isPositive();
    assertThat(read(replicas, leader, "k1", ReadLevel.linearizable())).isNull();

    List<RawRow> rows = new ArrayList<>();
    byte[] position = new byte[0];
    int pages = 0;
    while (!Arrays.equals(position, AbsorbRows.END)) {
      FrozenPage page = get(replicas, replicas.leader().frozenRows(6, position, 200));
      assertThat(page.from()).isEqualTo(position);
      assertThat(page.bytes()).isLessThanOrEqualTo(400);
      rows.addAll(page.rows());
      position = page.to();
      pages++;
    }
    assertThat(pages).isGreaterThan(10);
    assertThat(rows.stream().filter(row -> row.space() == KeySpace.DATA)).hasSize(30);
    assertThat(rows.stream().filter(row -> row.space() == KeySpace.REQUESTS)).hasSize(30);
    FrozenPage all = get(replicas, replicas.leader().frozenRows(6, new byte[0], 2 << 20));
    assertThat(all.to()).isEqualTo(AbsorbRows.END);
    assertThat(rows).usingRecursiveComparison().isEqualTo(all.rows());
    RowsDigest digest = new RowsDigest(0, 0);
    rows.forEach(digest::add);
    FrozenDigest frozen = get(replicas, replicas.leader().frozenDigest(6));
    assertThat(frozen.rows()).isEqualTo(60);
    assertThat(frozen.checksum()).isEqualTo(digest.checksum());
    assertThat(frozen.version()).isEqualTo(replicas.leader().state().version());
    assertThat(failure(replicas, replicas.leader().frozenRows(7, new byte[0], 100)))
        .isEqualTo(ErrorCode.CONDITION_FAILED);
    assertThat(failure(replicas, replicas.shard(follower).frozenRows(6, new byte[0], 100)))
        .isEqualTo(ErrorCode.NOT_LEADER);

    assertThat(reshape(replicas, new ReshapeCommand.Seal(6)).isDone()).isTrue();
    replicas.runUntil(() -> replicas.shard(follower).state().reshaping().isSealed());
    assertThat(read(replicas, leader, "k1", ReadLevel.linearizable())).isEqualTo(ErrorCode.BUSY);
    assertThat(read(replicas, follower, "k1", ReadLevel.eventual())).isEqualTo(ErrorCode.BUSY);
    assertThat(failure(replicas, replicas.leader().readIndex(replicas.deadline(leader, 1_000))))
        .isEqualTo(ErrorCode.BUSY);
    // Nothing is proposed without end for a time that stands still.
    replicas.time.runFor(Duration.ofSeconds(3));
    assertThat(replicas.leader().statistics().entries() - entries).isLessThan(10);

    assertThat(reshape(replicas, new ReshapeCommand.Thaw(6)).isDone()).isTrue();
    assertThat(replicas.put("k1", "on").error()).isNull();
    assertThat(read(replicas, leader, "k1", ReadLevel.linearizable())).isNull();
  }

  @Test
  void shouldNotSpinWhenSomethingIsDueInAFrozenShard() {
    SimulatedReplicas replicas = new SimulatedReplicas(directory, 1, ReplicaLimits.DEFAULT);
    replicas.write("k", new Action.Put(Value.of("v"), 500));
    reshape(replicas, new ReshapeCommand.Freeze(6, 3));
    long entries = replicas.leader().statistics().entries();
    replicas.time.runFor(Duration.ofSeconds(2));
    assertThat(replicas.leader().statistics().entries()).isEqualTo(entries);
    assertThat(get(replicas, replicas.leader().frozenDigest(6)).rows()).isEqualTo(2);
    reshape(replicas, new ReshapeCommand.Thaw(6));
    replicas.time.runFor(Duration.ofSeconds(1));
    Answer<ReadOutcome> gone =
        replicas.read(replicas.leaderId(), "k", ReadLevel.linearizable(), 1_000);
    replicas.runUntil(() -> gone.result != null);
    assertThat(SimulatedReplicas.value(gone.get())).isNull();
  }

  @Test
  void shouldBequeathItsLeaseOnceAndOnlyWhereTheSplitWasProposed() {
    SimulatedReplicas replicas = new SimulatedReplicas(directory, 3, ReplicaLimits.DEFAULT);
    replicas.put("a", "1");
    byte[] cut = SimulatedReplicas.key("m");
    byte[] at = Arrays.copyOf(cut, 8);
    at[7]++;
    String leader = replicas.leaderId();
    ReshapeOutcome outcome = reshape(replicas, new ReshapeCommand.Split(5, 9, at, 1, replicas.ids));
    assertThat(outcome.isDone()).as(outcome.message()).isTrue();
    for (String follower : replicas.followerIds()) {
      replicas.runUntil(() -> replicas.shard(follower).state().reshaping().child(9) != null);
      assertThat(replicas.shard(follower).inheritance(9)).isNull();
    }
    assertThat(replicas.shard(leader).inheritance(10)).isNull();
    assertThat(replicas.shard(leader).inheritance(9)).isNotNull();
    assertThat(replicas.shard(leader).inheritance(9)).isNull();
    assertThat(Objects.requireNonNull(replicas.leader().state().shard()).epoch()).isEqualTo(2);
    assertThat(
            failure(
                replicas,
                replicas
                    .shard(replicas.followerIds().get(0))
                    .reshape(new ReshapeCommand.Trim(List.of()))))
        .isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void shouldNotProposeRowsThatReplicasCouldNotRead() {
    SimulatedReplicas replicas = new SimulatedReplicas(directory, 1, ReplicaLimits.DEFAULT);
    RawRow damaged = new RawRow(KeySpace.DATA, SimulatedReplicas.key("x"), new byte[] {9, 9});
    assertThat(
            failure(
                replicas,
                replicas
                    .leader()
                    .reshape(new AbsorbRows(6, new byte[0], AbsorbRows.END, List.of(damaged)))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }
}
