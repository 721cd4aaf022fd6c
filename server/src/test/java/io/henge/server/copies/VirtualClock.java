package io.henge.server.copies;

import java.util.PriorityQueue;

/** Time that passes when nothing is left to do at the moment. Of one thread. */
final class VirtualClock implements CopyClock {
  private record Task(long at, long order, Runnable task) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          (one, two) ->
              one.at() != two.at()
                  ? Long.compare(one.at(), two.at())
                  : Long.compare(one.order(), two.order()));
  private long order;
  private long millis;

  VirtualClock(long millis) {
    this.millis = millis;
  }

  @Override
  public long nanoTime() {
    return millis * 1_000_000;
  }

  @Override
  public long millis() {
    return millis;
  }

  @Override
  public void after(long delay, Runnable task) {
    tasks.add(new Task(millis + delay, order++, task));
  }

  @Override
  public void execute(Runnable task) {
    after(0, task);
  }

  /** Runs the next task; false if there is none. */
  boolean step() {
    Task next = tasks.poll();
    if (next == null) {
      return false;
    }
    millis = Math.max(millis, next.at());
    next.task().run();
    return true;
  }
}
