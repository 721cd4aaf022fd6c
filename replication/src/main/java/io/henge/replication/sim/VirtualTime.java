package io.henge.replication.sim;

import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * A queue of events in virtual time. Nothing runs but inside {@link #step} and what calls it; time
 * passes only from one event to the next. Not thread-safe.
 */
public final class VirtualTime {
  private record Event(long atNanos, long order, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Random random;
  private long nowNanos;
  private long order;

  public VirtualTime(long seed) {
    this.random = new Random(seed);
  }

  /** The only source of chance. */
  public Random random() {
    return random;
  }

  /** Nanoseconds since the beginning. */
  public long nanos() {
    return nowNanos;
  }

  public void schedule(long delayNanos, Runnable action) {
    events.add(new Event(nowNanos + Math.max(0, delayNanos), order++, action));
  }

  /** Runs the next event; false if there is none. */
  public boolean step() {
    Event event = events.poll();
    if (event == null) {
      return false;
    }
    nowNanos = event.atNanos;
    event.action.run();
    return true;
  }

  /** Runs everything that is due within this time. */
  public void runFor(Duration duration) {
    long end = nowNanos + duration.toNanos();
    for (Event next = events.peek(); next != null && next.atNanos <= end; next = events.peek()) {
      step();
    }
    nowNanos = end;
  }

  /** Runs until the condition holds; false if it does not within this time. */
  public boolean runUntil(BooleanSupplier condition, Duration limit) {
    long end = nowNanos + limit.toNanos();
    while (!condition.getAsBoolean()) {
      Event next = events.peek();
      if (next == null || next.atNanos > end) {
        nowNanos = end;
        return condition.getAsBoolean();
      }
      step();
    }
    return true;
  }

  /** A delay between the two, evenly spread. */
  long between(Duration min, Duration max) {
    long spread = max.toNanos() - min.toNanos();
    return min.toNanos() + (spread <= 0 ? 0 : (long) (random.nextDouble() * spread));
  }
}
