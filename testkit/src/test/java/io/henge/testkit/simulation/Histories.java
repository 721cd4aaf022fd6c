package io.henge.testkit.simulation;

import io.henge.replication.statemachine.WriteOutcome;
import io.henge.testkit.history.AppendText;
import io.henge.testkit.history.Counter;
import io.henge.testkit.history.History;
import io.henge.testkit.history.LinearizabilityChecker;
import io.henge.testkit.history.Register;
import io.henge.testkit.history.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What all clients of a run were told. */
final class Histories {
  final History registers = new History();
  final History counters = new History();
  final History texts = new History();

  private record Acknowledged(long nanos, byte[] key, long counter) {}

  private final List<Acknowledged> acknowledged = new ArrayList<>();
  private int acknowledgedCount;

  void acknowledged(long nanos, Object input, byte[] key, WriteOutcome outcome) {
    acknowledgedCount++;
    if (input instanceof Counter.Add) {
      acknowledged.add(new Acknowledged(nanos, key, outcome.results().get(0).counter()));
    }
  }

  int acknowledgedCount() {
    return acknowledgedCount;
  }

  /** The highest value of a counter that a client had been told of by a time; 0 = none. */
  long counterAt(byte[] key, long nanos) {
    long highest = 0;
    for (Acknowledged one : acknowledged) {
      if (one.nanos <= nanos && Arrays.equals(one.key, key)) {
        highest = Math.max(highest, one.counter);
      }
    }
    return highest;
  }

  /** The first verdict that is not good, or a good one. */
  Verdict check() {
    LinearizabilityChecker checker = new LinearizabilityChecker(2_000_000);
    Verdict verdict = checker.check(registers, new Register());
    if (verdict.isLinearizable()) {
      verdict = checker.check(counters, new Counter());
    }
    return verdict.isLinearizable() ? checker.check(texts, new AppendText()) : verdict;
  }
}
