package io.henge.client.testing;

import io.henge.client.internal.batch.Loop;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A loop whose tasks run when the test says so, and whose clock stands still in between. */
public final class ManualLoop implements Loop {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private record Timer(long atNanos, long order, Runnable task) {}

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::atNanos).thenComparingLong(Timer::order));
  private long nowNanos = 42;
  private long order;

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void schedule(Runnable task, long delayMillis) {
    timers.add(new Timer(nowNanos + delayMillis * NANOS_PER_MILLI, order++, task));
  }

  @Override
  public boolean inLoop() {
    return false;
  }

  @Override
  public long nanoTime() {
    return nowNanos;
  }

  /** Runs what is to be run now. */
  public void run() {
    Runnable task = tasks.poll();
    while (task != null) {
      task.run();
      task = tasks.poll();
    }
  }

  /** Lets time pass, timer by timer. */
  public void advance(long millis) {
    run();
    long end = nowNanos + millis * NANOS_PER_MILLI;
    Timer next = timers.peek();
    while (next != null && next.atNanos <= end) {
      timers.poll();
      nowNanos = Math.max(nowNanos, next.atNanos);
      next.task.run();
      run();
      next = timers.peek();
    }
    nowNanos = end;
  }

  /** Timers that wait: an idle client should have none. */
  public int timers() {
    return timers.size();
  }
}
