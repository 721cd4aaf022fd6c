package io.henge.replication.sim;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** An executor in virtual time: tasks run as events of their node. */
final class VirtualScheduler extends AbstractExecutorService implements ScheduledExecutorService {
  private final SimulatedNode node;
  private boolean shutDown;

  VirtualScheduler(SimulatedNode node) {
    this.node = node;
  }

  private final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {
    private final long periodNanos;
    private long dueNanos;

    Task(Callable<V> callable, long delayNanos, long periodNanos) {
      super(callable);
      this.periodNanos = periodNanos;
      arm(delayNanos);
    }

    private void arm(long delayNanos) {
      dueNanos = node.nanoTime() + delayNanos;
      node.schedule(delayNanos, this::fire);
    }

    private void fire() {
      if (isCancelled() || shutDown) {
        return;
      }
      if (periodNanos == 0) {
        run();
      } else if (runAndReset()) {
        arm(periodNanos);
      }
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(dueNanos - node.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }

  private <V> Task<V> start(Callable<V> callable, long delayNanos, long periodNanos) {
    if (shutDown) {
      throw new RejectedExecutionException("scheduler of " + node.id() + " is shut down");
    }
    return new Task<>(callable, delayNanos, periodNanos);
  }

  private static Callable<Void> callable(Runnable action) {
    return () -> {
      action.run();
      return null;
    };
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    return start(callable(command), unit.toNanos(delay), 0);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
    return start(callable, unit.toNanos(delay), 0);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    return start(callable(command), unit.toNanos(initialDelay), unit.toNanos(period));
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    return start(callable(command), unit.toNanos(initialDelay), unit.toNanos(delay));
  }

  @Override
  public void execute(Runnable command) {
    if (shutDown) {
      throw new RejectedExecutionException("scheduler of " + node.id() + " is shut down");
    }
    node.schedule(0, command);
  }

  @Override
  public void shutdown() {
    shutDown = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutDown = true;
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return shutDown;
  }

  @Override
  public boolean isTerminated() {
    return shutDown;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return shutDown;
  }
}
