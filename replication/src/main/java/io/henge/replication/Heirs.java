package io.henge.replication;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Who stands for election when a leader is gone: one member after another, since two at once split
 * the votes and lose the term. Each group begins with another member, so that what a dead node led
 * is spread.
 */
public final class Heirs {
  /**
   * Between two members, in milliseconds. Enough for an election on a busy machine with its three
   * fsyncs; and free most of the time, since a new leader waits for the old one's lease anyway.
   */
  public static final long STAGGER_MILLIS = 300;

  /** If nobody leads after so long, the members stand once more: votes were split or lost. */
  static final long ROUND_MILLIS = 2 * STAGGER_MILLIS;

  static final int ROUNDS = 3;

  /** Runs something after a while; may lose it when the node stops. */
  @FunctionalInterface
  public interface Timer {
    void after(long millis, Runnable task);
  }

  private Heirs() {}

  /**
   * Has a member stand when its turn comes, unless there is a leader by then. Returns at once.
   *
   * @param gone the leader that is no more
   * @param stillGone asked before each election
   * @return in how many milliseconds it stands first; negative = never, it is no heir
   */
  public static long succeed(
      ConsensusGroup group, String gone, String self, BooleanSupplier stillGone, Timer timer) {
    long delay = delayMillis(group, gone, self);
    if (delay >= 0) {
      stand(group, gone, stillGone, timer, delay, 0);
    }
    return delay;
  }

  private static void stand(
      ConsensusGroup group,
      String gone,
      BooleanSupplier stillGone,
      Timer timer,
      long delay,
      int round) {
    timer.after(
        delay,
        () -> {
          String leader = group.leader();
          // None: somebody stood and has not won. Consensus knows whether that may still come.
          boolean vacant = leader == null || leader.equals(gone);
          if (vacant && stillGone.getAsBoolean()) {
            group.standForElection();
          }
          if (vacant && round + 1 < ROUNDS) {
            stand(group, gone, stillGone, timer, ROUND_MILLIS, round + 1);
          }
        });
  }

  private static long delayMillis(ConsensusGroup group, String gone, String self) {
    List<String> heirs =
        group.membership().members().stream()
            .map(Member::nodeId)
            .filter(id -> !id.equals(gone))
            .sorted()
            .toList();
    int place = heirs.indexOf(self);
    return place < 0
        ? -1
        : Math.floorMod(place + group.id().hashCode(), heirs.size()) * STAGGER_MILLIS;
  }
}
