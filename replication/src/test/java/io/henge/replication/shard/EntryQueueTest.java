package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class EntryQueueTest {
  private static final int RETRY_MILLIS = 25;
  private static final int WAITING_MAX = 64;

  private int pumped;
  private final EntryQueue queue = new EntryQueue(RETRY_MILLIS, () -> pumped++);

  private CompletableFuture<Integer> repair(byte[] family) {
    return queue.repair(EntryKind.REPAIR, header -> new Entry.Repair(header, List.of(family)));
  }

  private Flight next() {
    return Objects.requireNonNull(queue.poll(), "none waits");
  }

  @Test
  void shouldGiveWhatWaitsInTheOrderInWhichItCame() {
    queue.install(List.of(new CollectionInfo(1, "things", 0, false, false, 1)));
    queue.propose(new ReshapeCommand.Thaw(7));
    queue.propose(List.of(new FollowCommand.Sent(new SourceKey(3, new byte[] {1}), 9)));
    repair(new byte[] {2});
    queue.trimChanges(5);
    assertThat(pumped).isEqualTo(5);
    assertThat(List.of(next().kind, next().kind, next().kind, next().kind, next().kind))
        .containsExactly(
            EntryKind.CATALOGUE,
            EntryKind.THAW,
            EntryKind.SENT,
            EntryKind.REPAIR,
            EntryKind.TRIM_CHANGES);
    assertThat(queue.poll()).isNull();
  }

  @Test
  void shouldRefuseWhatIsTooMuchAndTakeMoreWhenThereIsRoom() {
    List<CompletableFuture<?>> taken = new ArrayList<>();
    for (int i = 0; i < WAITING_MAX; i++) {
      taken.add(queue.trimChanges(i));
    }
    for (CompletableFuture<?> refused :
        List.of(
            queue.install(List.of()),
            queue.propose(new ReshapeCommand.Thaw(7)),
            queue.propose(List.of(new FollowCommand.Sent(new SourceKey(3, new byte[] {1}), 9))),
            repair(new byte[] {2}),
            queue.trimChanges(99))) {
      assertThatThrownBy(refused::join)
          .cause()
          .isInstanceOfSatisfying(
              HengeException.class,
              error -> {
                assertThat(error.code()).isEqualTo(ErrorCode.BUSY);
                assertThat(error.retryAfterMillis()).isEqualTo(RETRY_MILLIS);
              });
    }
    assertThat(pumped).as("not for what is refused").isEqualTo(WAITING_MAX);
    assertThat(taken).noneMatch(CompletableFuture::isDone);

    next();
    assertThat(queue.trimChanges(100)).isNotDone();
    assertThat(queue.trimChanges(101)).isCompletedExceptionally();
    for (int i = 0; i < WAITING_MAX; i++) {
      next();
    }
    assertThat(queue.poll()).isNull();
  }
}
