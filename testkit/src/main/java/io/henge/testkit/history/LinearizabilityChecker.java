package io.henge.testkit.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides whether a history could have happened one operation after the other, each at some moment
 * between its beginning and its end.
 *
 * <p>Keys are checked one by one, which is enough: a history is linearizable if it is for every key
 * (Herlihy and Wing). For one key, {@link Search} tries the orders as Wing and Gong describe, and
 * remembers what it has seen, as Lowe does.
 */
public final class LinearizabilityChecker {
  private final int statesMax;

  /** Gives up on a key after five million states. */
  public LinearizabilityChecker() {
    this(5_000_000);
  }

  /**
   * @param statesMax states to try for one key before giving up
   */
  public LinearizabilityChecker(int statesMax) {
    this.statesMax = statesMax;
  }

  public <S> Verdict check(History history, Model<S> model) {
    return check(history.operations(), model);
  }

  /** Checks operations that are in order of their beginnings. */
  public <S> Verdict check(List<Operation> operations, Model<S> model) {
    Map<String, List<Operation>> byKey = new TreeMap<>();
    for (Operation operation : operations) {
      if (operation.isKnown() || !model.isRead(operation.input())) {
        byKey.computeIfAbsent(operation.key(), key -> new ArrayList<>()).add(operation);
      }
    }
    Verdict undecided = null;
    for (Map.Entry<String, List<Operation>> key : byKey.entrySet()) {
      Verdict verdict = new Search<>(model, key.getKey(), key.getValue(), statesMax).run();
      if (verdict.kind() == Verdict.Kind.NOT_LINEARIZABLE) {
        return verdict;
      } else if (verdict.kind() == Verdict.Kind.UNDECIDED) {
        undecided = verdict;
      }
    }
    return undecided != null ? undecided : new Verdict(Verdict.Kind.LINEARIZABLE, "");
  }
}
