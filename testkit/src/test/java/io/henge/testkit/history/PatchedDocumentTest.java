package io.henge.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.testkit.history.PatchedDocument.Add;
import io.henge.testkit.history.PatchedDocument.AddIfStill;
import io.henge.testkit.history.PatchedDocument.Mark;
import io.henge.testkit.history.PatchedDocument.Push;
import io.henge.testkit.history.PatchedDocument.State;
import io.henge.testkit.history.PatchedDocument.Tag;
import io.henge.testkit.history.PatchedDocument.Take;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PatchedDocumentTest {
  private static final BigDecimal ONE = PatchedDocument.cents(100);

  private final History history = new History();
  private State last = State.MISSING;

  private void tell(Object input, @Nullable State output) {
    history.ok(history.invoke(1, "k", input), output, "");
  }

  /** Does it, as it ought to be done. */
  private void does(Object input) {
    Model.Effect<State> effect = new PatchedDocument().apply(last, input);
    last = effect.state();
    history.ok(history.invoke(1, "k", input), effect.output(), "");
  }

  private boolean isLinearizable() {
    return new LinearizabilityChecker().check(history, new PatchedDocument()).isLinearizable();
  }

  @Test
  void shouldAcceptWhatIsRight() {
    does(new Take(ONE));
    does(new Add(ONE));
    for (int i = 0; i < 8; i++) {
      does(new Push(new Mark(i % 3, "m" + i)));
    }
    does(new Tag("a"));
    does(new Tag("a"));
    does(new AddIfStill(last, ONE));
    does(new Take(ONE));
    assertThat(last)
        .isEqualTo(
            new State(
                11,
                ONE,
                List.of(
                    new Mark(1, "m1"),
                    new Mark(1, "m4"),
                    new Mark(1, "m7"),
                    new Mark(2, "m2"),
                    new Mark(2, "m5")),
                List.of("a")));
    assertThat(isLinearizable()).isTrue();
  }

  @Test
  void shouldFindAPatchThatWasTakenTwice() {
    tell(new Add(ONE), new State(2, PatchedDocument.cents(200), List.of(), List.of()));
    assertThat(isLinearizable()).isFalse();
  }

  @Test
  void shouldFindAPatchOfAnotherStateThanItsVersionSaid() {
    does(new Add(ONE));
    State seen = last;
    does(new Add(ONE));
    tell(new AddIfStill(seen, ONE), new State(3, PatchedDocument.cents(300), List.of(), List.of()));
    assertThat(isLinearizable()).isFalse();
  }

  @Test
  void shouldFindARefusalWithoutReason() {
    does(new Add(ONE));
    tell(new Take(ONE), null);
    assertThat(isLinearizable()).isFalse();
  }

  @Test
  void shouldLetAnUnknownPatchHaveHappenedOnceOrNot() {
    history.unknown(history.invoke(1, "k", new Add(ONE)), "lost");
    State once = new State(1, ONE, List.of(), List.of());
    tell(new PatchedDocument.Read(), State.MISSING);
    tell(new PatchedDocument.Read(), once);
    assertThat(isLinearizable()).isTrue();
    tell(new PatchedDocument.Read(), new State(2, ONE.add(ONE), List.of(), List.of()));
    assertThat(isLinearizable()).isFalse();
  }
}
