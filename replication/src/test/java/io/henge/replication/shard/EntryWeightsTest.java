package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.replication.statemachine.DocumentFigures;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryWeightsTest {
  private static final long ENTRY = 4 << 20;

  private final DocumentFigures figures = new DocumentFigures();
  private final EntryWeights weights = new EntryWeights(figures);

  private void patched(int count, long bytes) {
    for (int i = 0; i < count; i++) {
      figures.patched(true, 3, bytes);
    }
    weights.applied();
  }

  private int takenIntoOneEntry(Action action) {
    return takenIntoOneEntry(action, 0);
  }

  private int takenIntoOneEntry(Action action, int derivations) {
    WriteQueue queue = new WriteQueue(1_000, 64 << 20);
    for (int i = 0; i < 500; i++) {
      WriteCommand command =
          new WriteCommand(
              new RequestId(1, 2, i + 1),
              1_000,
              1,
              List.of(new Mutation(new byte[20], Condition.none(), action, false)));
      assertThat(
              queue.offer(
                  write(
                      command,
                      EntryCodec.bytesMax(command),
                      EntryCodec.weight(command),
                      derivations)))
          .isTrue();
    }
    return queue.take(2_000, ENTRY, weights, 0, new ArrayList<>()).size();
  }

  private static PendingWrite write(
      WriteCommand command, long bytes, long weight, int derivations) {
    Completion<WriteOutcome> nobody =
        new Completion<>() {
          @Override
          public void complete(WriteOutcome outcome) {}

          @Override
          public void flush() {}
        };
    return new PendingWrite(
        command, Long.MAX_VALUE, nobody, bytes, weight, EntryCodec.patches(command), derivations);
  }

  @Test
  void shouldFillEntriesByTheSizeOfWhatIsPatched() {
    Action patch = new Action.Patch(new byte[0], new byte[50]);
    assertThat(takenIntoOneEntry(patch)).isBetween(60, 64);
    patched(10, 2 << 20);
    assertThat(takenIntoOneEntry(patch)).isBetween(1, 2);
    for (int i = 0; i < 10; i++) {
      patched(50, 4 << 10);
    }
    assertThat(takenIntoOneEntry(patch)).isBetween(240, 256);
    // One large document among many small ones: those of an entry add up to what one may be.
    for (int i = 0; i < 99; i++) {
      figures.patched(true, 3, 4 << 10);
    }
    patched(1, 2 << 20);
    assertThat(takenIntoOneEntry(patch)).isBetween(150, 200);
  }

  @Test
  void shouldLeaveOtherWritesAsTheyAre() {
    patched(10, 2 << 20);
    assertThat(takenIntoOneEntry(Action.Remove.REMOVE)).isEqualTo(500);
  }

  @Test
  void shouldNotForgetWhatItHasSeenWhenNothingIsPatched() {
    patched(1, 1 << 20);
    long before = weights.patch();
    weights.applied();
    assertThat(weights.patch()).isEqualTo(before);
  }

  @Test
  void shouldFillEntriesByTheSizeOfWhatFollows() {
    assertThat(takenIntoOneEntry(Action.Remove.REMOVE, 4)).isBetween(60, 64);
    for (int i = 0; i < 10; i++) {
      figures.derived(400, 400 * 1_000);
      weights.applied();
    }
    assertThat(takenIntoOneEntry(Action.Remove.REMOVE, 4)).isEqualTo(500);
    figures.derived(4, 4 << 20);
    weights.applied();
    assertThat(takenIntoOneEntry(Action.Remove.REMOVE, 4)).isEqualTo(1);
  }

  @Test
  void shouldCountWhatWaitsByItsBytes() {
    WriteQueue queue = new WriteQueue(1_000, 1_000);
    int taken = 0;
    WriteCommand command = new WriteCommand(new RequestId(1, 2, 3), 1_000, 1, List.of());
    while (queue.offer(write(command, 100, 64 << 20, 5))) {
      taken++;
    }
    assertThat(taken).isEqualTo(10);
  }
}
