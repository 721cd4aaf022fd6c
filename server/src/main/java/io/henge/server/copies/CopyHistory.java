package io.henge.server.copies;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How the copies of one shard's sources kept up in the last hour, by rule, minute by minute. Ends
 * with the leadership. Thread-safe.
 */
final class CopyHistory implements CopyMeter {
  static final int MINUTES = 60;
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final CopyMeter next;
  private final LongSupplier nanoTime;
  private final long began;
  private final Map<Integer, Deque<Minute>> rules = new HashMap<>();

  private static final class Minute {
    private final long number;
    private long worstMillis;
    private long holders;

    Minute(long number) {
      this.number = number;
    }
  }

  /**
   * What is remembered of a rule.
   *
   * @param worstMillis longest that a change took
   * @param holders that were changed
   */
  record Figures(long worstMillis, long holders) {
    static final Figures NONE = new Figures(0, 0);
  }

  /**
   * @param next told of what was sent and changed as well
   */
  CopyHistory(CopyMeter next, LongSupplier nanoTime) {
    this.next = next;
    this.nanoTime = nanoTime;
    this.began = nanoTime.getAsLong();
  }

  @Override
  public void sent(int ruleId, long lagMillis, long boundMillis) {
    next.sent(ruleId, lagMillis, boundMillis);
    waited(ruleId, lagMillis);
  }

  /** A change has been waiting for so long. */
  synchronized void waited(int ruleId, long millis) {
    Minute minute = now(ruleId);
    minute.worstMillis = Math.max(minute.worstMillis, millis);
  }

  @Override
  public void changed(int ruleId, int holders) {
    next.changed(ruleId, holders);
    synchronized (this) {
      now(ruleId).holders += holders;
    }
  }

  private Minute now(int ruleId) {
    long number = number();
    Deque<Minute> minutes = rules.computeIfAbsent(ruleId, any -> new ArrayDeque<>());
    forget(minutes, number);
    Minute last = minutes.peekLast();
    if (last == null || last.number != number) {
      last = new Minute(number);
      minutes.add(last);
    }
    return last;
  }

  private long number() {
    return (nanoTime.getAsLong() - began) / MINUTE_NANOS;
  }

  private static void forget(Deque<Minute> minutes, long number) {
    for (Minute first = minutes.peekFirst();
        first != null && first.number <= number - MINUTES;
        first = minutes.peekFirst()) {
      minutes.removeFirst();
    }
  }

  /** By rule, those of which there is anything. */
  synchronized Map<Integer, Figures> figures() {
    Map<Integer, Figures> figures = new HashMap<>();
    long number = number();
    rules.forEach(
        (rule, minutes) -> {
          forget(minutes, number);
          long worst = 0;
          long holders = 0;
          for (Minute minute : minutes) {
            worst = Math.max(worst, minute.worstMillis);
            holders += minute.holders;
          }
          figures.put(rule, new Figures(worst, holders));
        });
    return figures;
  }
}
