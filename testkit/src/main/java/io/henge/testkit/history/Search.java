package io.henge.testkit.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Depth-first search for an order of one key's operations. An operation may be next if no other one
 * that is still to come has ended before it began. One of unknown outcome may be next at any time
 * after its beginning, or never; such are tried last.
 */
final class Search<S> {
  /** What has been put in order, and the state that it leads to. */
  private record Seen<S>(BitSet done, S state) {}

  /** A point of the search: a state, the operations that may be next, and which comes next. */
  private static final class Frame<S> {
    final S state;
    final int firstOpen;
    final int[] candidates;
    int next;

    Frame(S state, int firstOpen, int[] candidates) {
      this.state = state;
      this.firstOpen = firstOpen;
      this.candidates = candidates;
    }
  }

  private static final int SHOWN_BEFORE = 12;
  private static final int SHOWN_AFTER = 12;

  private final Model<S> model;
  private final String key;
  private final Operation[] operations;
  private final int statesMax;
  private final int known;

  private final BitSet done = new BitSet();
  private final Set<Seen<S>> seen = new HashSet<>();
  private final Deque<Frame<S>> frames = new ArrayDeque<>();
  private final List<Integer> order = new ArrayList<>();
  private int knownDone;

  private List<Integer> longest = List.of();
  private int longestKnown = -1;
  private S longestState;

  Search(Model<S> model, String key, List<Operation> operations, int statesMax) {
    this.model = model;
    this.key = key;
    this.operations = operations.toArray(Operation[]::new);
    this.statesMax = statesMax;
    this.known = (int) operations.stream().filter(Operation::isKnown).count();
    this.longestState = model.initial();
  }

  Verdict run() {
    frames.push(frame(model.initial(), 0));
    while (knownDone < known) {
      Frame<S> frame = frames.peek();
      if (frame == null) {
        return new Verdict(Verdict.Kind.NOT_LINEARIZABLE, describe());
      }
      if (frame.next == frame.candidates.length) {
        frames.pop();
        takeBack();
        continue;
      }
      int index = frame.candidates[frame.next++];
      if (!take(frame, index)) {
        continue;
      }
      if (seen.size() > statesMax) {
        return new Verdict(
            Verdict.Kind.UNDECIDED,
            "key " + key + ": more than " + statesMax + " states; record fewer unknown outcomes");
      }
    }
    return new Verdict(Verdict.Kind.LINEARIZABLE, "");
  }

  /** Puts an operation next, unless that contradicts what its client was told, or leads nowhere. */
  private boolean take(Frame<S> frame, int index) {
    Operation operation = operations[index];
    Model.Effect<S> effect = model.apply(frame.state, operation.input());
    if (operation.isKnown() && !Objects.equals(effect.output(), operation.output())) {
      return false;
    }
    if (!operation.isKnown() && effect.state().equals(frame.state)) {
      return false;
    }
    done.set(index);
    if (!seen.add(new Seen<>((BitSet) done.clone(), effect.state()))) {
      done.clear(index);
      return false;
    }
    order.add(index);
    if (operation.isKnown()) {
      knownDone++;
    }
    if (knownDone > longestKnown) {
      longestKnown = knownDone;
      longest = List.copyOf(order);
      longestState = effect.state();
    }
    frames.push(frame(effect.state(), frame.firstOpen));
    return true;
  }

  private void takeBack() {
    if (!order.isEmpty()) {
      int index = order.remove(order.size() - 1);
      done.clear(index);
      if (operations[index].isKnown()) {
        knownDone--;
      }
    }
  }

  private Frame<S> frame(S state, int firstOpenBefore) {
    int firstOpen = done.nextClearBit(firstOpenBefore);
    int[] knownNext = new int[8];
    int[] unknownNext = new int[8];
    int knownCount = 0;
    int unknownCount = 0;
    long firstEnd = Operation.NEVER;
    for (int i = firstOpen;
        i < operations.length && operations[i].invoked() < firstEnd;
        i = done.nextClearBit(i + 1)) {
      if (operations[i].isKnown()) {
        firstEnd = Math.min(firstEnd, operations[i].returned());
        knownNext = room(knownNext, knownCount);
        knownNext[knownCount++] = i;
      } else {
        unknownNext = room(unknownNext, unknownCount);
        unknownNext[unknownCount++] = i;
      }
    }
    int[] candidates = new int[knownCount + unknownCount];
    System.arraycopy(knownNext, 0, candidates, 0, knownCount);
    System.arraycopy(unknownNext, 0, candidates, knownCount, unknownCount);
    return new Frame<>(state, firstOpen, candidates);
  }

  private static int[] room(int[] array, int count) {
    return count < array.length ? array : Arrays.copyOf(array, count * 2);
  }

  private String describe() {
    StringBuilder text = new StringBuilder(1024);
    text.append("key ").append(key).append(" is not linearizable. ");
    text.append("The longest order that fits what clients were told ends with:\n");
    int from = Math.max(0, longest.size() - SHOWN_BEFORE);
    if (from > 0) {
      text.append("    ... ").append(from).append(" before\n");
    }
    for (int i = from; i < longest.size(); i++) {
      text.append("    ").append(operations[longest.get(i)]).append('\n');
    }
    text.append("  which leaves the key at: ").append(longestState).append('\n');
    text.append("  None of these can come next:\n");
    done.clear();
    longest.forEach(done::set);
    for (int index : frame(longestState, 0).candidates) {
      Operation operation = operations[index];
      text.append("    ").append(operation);
      if (operation.isKnown()) {
        Object expected = model.apply(longestState, operation.input()).output();
        if (!Objects.equals(expected, operation.output())) {
          text.append("   <- must be ").append(expected);
        }
      }
      text.append('\n');
    }
    text.append("  After them:\n");
    int shown = 0;
    for (int i = done.nextClearBit(0); i < operations.length && shown < SHOWN_AFTER; i++) {
      if (!done.get(i) && operations[i].isKnown()) {
        text.append("    ").append(operations[i]).append('\n');
        shown++;
      }
    }
    return text.toString();
  }
}
