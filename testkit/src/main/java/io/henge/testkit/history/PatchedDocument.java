package io.henge.testkit.history;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A document that is patched: a sum, a list of the latest marks, a set of tags. Missing at first;
 * what is not conditional makes it. Plain Java, and none of the engine's code: what it says is what
 * the engine must have done.
 *
 * <p>Output: the state afterwards; null if the condition did not hold.
 */
public final class PatchedDocument implements Model<PatchedDocument.State> {
  /** How many marks are kept. */
  public static final int MARKS_MAX = 5;

  private static final Comparator<Mark> ORDER =
      Comparator.comparingLong(Mark::at).thenComparing(Mark::id);

  /** An element of the list: the last ones by {@code at}, ties by {@code id}. */
  public record Mark(long at, String id) {}

  /**
   * What is in the document. Every change gives a state that the document has not had before, so a
   * version stands for a state and the other way round.
   *
   * @param changes how many changes were made, but for those of {@link Tag}
   */
  public record State(long changes, BigDecimal total, List<Mark> marks, List<String> tags) {
    /** There is no document. */
    public static final State MISSING = new State(-1, BigDecimal.ZERO, List.of(), List.of());

    /** A new document. */
    public static final State NEW = new State(0, cents(0), List.of(), List.of());

    public boolean exists() {
      return changes >= 0;
    }

    private State add(BigDecimal amount) {
      return new State(changes + 1, total.add(amount), marks, tags);
    }
  }

  /** Reads it. */
  public record Read() {}

  /** {@code inc}. */
  public record Add(BigDecimal amount) {}

  /** {@code push} with a cap and an order. */
  public record Push(Mark mark) {}

  /** {@code addToSet}; changes nothing if the tag is there. */
  public record Tag(String tag) {}

  /** {@code inc} by less than nothing, if so much is there: a filter. */
  public record Take(BigDecimal amount) {}

  /** {@code inc} if the document is still as it was when it was read: its version. */
  public record AddIfStill(State seen, BigDecimal amount) {}

  /** An amount of hundredths. */
  public static BigDecimal cents(long cents) {
    return BigDecimal.valueOf(cents, 2);
  }

  @Override
  public State initial() {
    return State.MISSING;
  }

  @Override
  public Effect<State> apply(State state, Object input) {
    State made = state.exists() ? state : State.NEW;
    if (input instanceof Read) {
      return new Effect<>(state, state);
    } else if (input instanceof Add add) {
      return changed(made.add(add.amount));
    } else if (input instanceof Push push) {
      return changed(
          new State(made.changes + 1, made.total, latest(made.marks, push.mark), made.tags));
    } else if (input instanceof Tag tag) {
      return changed(made.tags.contains(tag.tag) ? made : tagged(made, tag.tag));
    } else if (input instanceof Take take) {
      boolean enough = state.exists() && state.total.compareTo(take.amount) >= 0;
      return enough ? changed(state.add(take.amount.negate())) : new Effect<>(state, null);
    } else if (input instanceof AddIfStill add) {
      boolean still = state.exists() && state.equals(add.seen);
      return still ? changed(state.add(add.amount)) : new Effect<>(state, null);
    }
    throw new IllegalArgumentException("not an operation on a patched document: " + input);
  }

  private static Effect<State> changed(State state) {
    return new Effect<>(state, state);
  }

  private static State tagged(State state, String tag) {
    List<String> tags = new ArrayList<>(state.tags);
    tags.add(tag);
    return new State(state.changes, state.total, state.marks, List.copyOf(tags));
  }

  private static List<Mark> latest(List<Mark> marks, Mark mark) {
    List<Mark> all = new ArrayList<>(marks);
    all.add(mark);
    return latest(all, MARKS_MAX);
  }

  /** The last of these marks, in order. */
  public static List<Mark> latest(List<Mark> marks, int count) {
    List<Mark> sorted = marks.stream().sorted(ORDER).toList();
    return List.copyOf(sorted.subList(Math.max(0, sorted.size() - count), sorted.size()));
  }

  @Override
  public boolean isRead(Object input) {
    return input instanceof Read;
  }
}
