package io.henge.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {
  private static final Register REGISTER = new Register();
  private static final Register.Read READ = new Register.Read();

  private final History history = new History();
  private final LinearizabilityChecker checker = new LinearizabilityChecker();

  @Test
  void shouldAcceptNothing() {
    assertThat(checker.check(history, REGISTER).isLinearizable()).isTrue();
  }

  @Test
  void shouldAcceptOneAfterTheOther() {
    done(write("a"), null);
    done(read(), "a");
    done(write(null), null);
    done(read(), null);
    assertThat(checker.check(history, REGISTER).isLinearizable()).isTrue();
  }

  @Test
  void shouldRefuseAStaleRead() {
    done(write("a"), null);
    done(write("b"), null);
    done(read(), "a");
    Verdict verdict = checker.check(history, REGISTER);
    assertThat(verdict.kind()).isEqualTo(Verdict.Kind.NOT_LINEARIZABLE);
    assertThat(verdict.counterexample())
        .contains("key k is not linearizable")
        .contains("read -> a")
        .contains("must be b");
  }

  @Test
  void shouldAcceptEitherValueWhileAWriteIsUnderWay() {
    done(write("a"), null);
    long open = write("b");
    done(read(), "a");
    done(read(), "b");
    done(open, null);
    assertThat(checker.check(history, REGISTER).isLinearizable()).isTrue();
  }

  @Test
  void shouldRefuseToGoBackWhileAWriteIsUnderWay() {
    done(write("a"), null);
    long open = write("b");
    done(read(), "b");
    done(read(), "a");
    done(open, null);
    assertThat(checker.check(history, REGISTER).isLinearizable()).isFalse();
  }

  @Test
  void shouldAcceptAnUnknownWriteThatTakesEffectLateOrNever() {
    done(write("a"), null);
    history.unknown(write("late"), "");
    history.unknown(write("never"), "");
    done(read(), "a");
    done(read(), "late");
    done(read(), "late");
    assertThat(checker.check(history, REGISTER).isLinearizable()).isTrue();
  }

  @Test
  void shouldRefuseAnUnknownWriteThatTakesEffectTwice() {
    done(write("a"), null);
    history.unknown(write("b"), "");
    done(read(), "b");
    done(write("c"), null);
    done(read(), "b");
    assertThat(checker.check(history, REGISTER).isLinearizable()).isFalse();
  }

  @Test
  void shouldRefuseAFailedWriteThatIsSeen() {
    history.fail(write("a"));
    done(read(), "a");
    assertThat(checker.check(history, REGISTER).isLinearizable()).isFalse();
  }

  @Test
  void shouldRefuseAValueFromTheFuture() {
    done(read(), "a");
    done(write("a"), null);
    assertThat(checker.check(history, REGISTER).isLinearizable()).isFalse();
  }

  @Test
  void shouldTreatAnOpenOperationAsUnknown() {
    write("a");
    done(read(), "a");
    assertThat(checker.check(history, REGISTER).isLinearizable()).isTrue();
  }

  @Test
  void shouldCheckKeysSeparately() {
    history.ok(history.invoke(1, "x", new Register.Write("a")), null, "");
    history.ok(history.invoke(1, "y", READ), null, "");
    history.ok(history.invoke(1, "x", READ), null, "");
    Verdict verdict = checker.check(history, REGISTER);
    assertThat(verdict.isLinearizable()).isFalse();
    assertThat(verdict.counterexample()).contains("key x ");
  }

  @Test
  void shouldCheckCompareAndSet() {
    done(write("a"), null);
    long one = history.invoke(1, "k", new Register.CompareAndSet("a", "b"));
    long two = history.invoke(2, "k", new Register.CompareAndSet("a", "c"));
    done(one, true);
    done(two, true);
    assertThat(checker.check(history, REGISTER).isLinearizable()).isFalse();
  }

  @Test
  void shouldRefuseALostIncrement() {
    List<Operation> operations =
        List.of(
            operation(new Counter.Add(1), 0, 3, 1L),
            operation(new Counter.Add(1), 1, 2, 1L),
            operation(new Counter.Read(), 4, 5, 1L));
    assertThat(checker.check(operations, new Counter()).isLinearizable()).isFalse();
  }

  @Test
  void shouldAcceptIncrementsOfUnknownOutcomeThatTheSumNeeds() {
    List<Operation> operations =
        List.of(
            operation(new Counter.Add(5), 0, Operation.NEVER, null),
            operation(new Counter.Add(7), 1, Operation.NEVER, null),
            operation(new Counter.Add(1), 2, 3, 8L),
            operation(new Counter.Read(), 4, 5, 8L));
    assertThat(checker.check(operations, new Counter()).isLinearizable()).isTrue();
    assertThat(
            checker
                .check(
                    List.of(
                        operations.get(0),
                        operations.get(1),
                        operation(new Counter.Read(), 2, 3, 11L)),
                    new Counter())
                .isLinearizable())
        .isFalse();
  }

  @Test
  void shouldRefuseAnAppendThatTookEffectTwice() {
    List<Operation> operations =
        List.of(
            operation(new AppendText.Append("a"), 0, 1, null),
            operation(new AppendText.Append("b"), 2, 3, null),
            operation(new AppendText.Read(), 4, 5, "aba"));
    assertThat(checker.check(operations, new AppendText()).isLinearizable()).isFalse();
  }

  @Test
  void shouldSayWhenItGivesUp() {
    for (int i = 0; i < 20; i++) {
      history.unknown(write("v" + i), "");
    }
    done(read(), "nobody wrote this");
    assertThat(new LinearizabilityChecker(1_000).check(history, REGISTER).kind())
        .isEqualTo(Verdict.Kind.UNDECIDED);
  }

  /** Histories made from an order are accepted; with one read changed they are not. */
  @Test
  void shouldAcceptWhatHappenedInSomeOrderAndRefuseItOnceChanged() {
    Random random = Seed.random("LinearizabilityCheckerTest");
    for (int round = 0; round < 200; round++) {
      List<Operation> operations = generated(random, 60);
      checker.check(operations, REGISTER).require();
      int changed = lastRead(operations);
      if (changed >= 0) {
        Operation read = operations.get(changed);
        operations.set(
            changed,
            new Operation(
                read.process(),
                read.key(),
                read.input(),
                read.invoked(),
                read.returned(),
                "x",
                ""));
        assertThat(checker.check(operations, REGISTER).isLinearizable()).isFalse();
      }
    }
  }

  /** Each operation happens at its index times 10, and spans some time around that. */
  private static List<Operation> generated(Random random, int count) {
    List<Operation> operations = new ArrayList<>();
    String value = null;
    for (int i = 0; i < count; i++) {
      long at = 1_000 + i * 10L;
      long invoked = at - random.nextInt(60);
      long returned = at + random.nextInt(60);
      if (random.nextBoolean()) {
        value = "v" + i;
        boolean known = random.nextInt(8) > 0;
        operations.add(
            operation(
                new Register.Write(value), invoked, known ? returned : Operation.NEVER, null));
      } else {
        operations.add(operation(READ, invoked, returned, value));
      }
    }
    operations.sort((a, b) -> Long.compare(a.invoked(), b.invoked()));
    return operations;
  }

  private static int lastRead(List<Operation> operations) {
    for (int i = operations.size() - 1; i >= 0; i--) {
      if (operations.get(i).input() instanceof Register.Read) {
        return i;
      }
    }
    return -1;
  }

  private static Operation operation(
      Object input, long invoked, long returned, @Nullable Object output) {
    return new Operation(1, "k", input, invoked, returned, output, "");
  }

  private long write(@Nullable String value) {
    return history.invoke(1, "k", new Register.Write(value));
  }

  private long read() {
    return history.invoke(1, "k", READ);
  }

  private void done(long handle, @Nullable Object output) {
    history.ok(handle, output, "");
  }
}
