package io.henge.server.node;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of a node outside of its libraries: one that keeps time and coordinates and must not
 * block, and some that may block, gone when they are not needed.
 */
public final class NodeThreads implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeThreads.class);
  private static final int BLOCKING_MAX = 32;

  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor blocking;

  public NodeThreads(String nodeName) {
    timer = new ScheduledThreadPoolExecutor(1, named("henge-timer-" + nodeName));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    blocking =
        new ThreadPoolExecutor(
            0,
            BLOCKING_MAX,
            5,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            named("henge-work-" + nodeName),
            // More than that at once is not work, it is a flood: whoever asks does it himself.
            new ThreadPoolExecutor.CallerRunsPolicy());
  }

  private static ThreadFactory named(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** For what must not block. */
  public ScheduledExecutorService timer() {
    return timer;
  }

  /** For what may block. */
  public Executor blocking() {
    return blocking;
  }

  /** Runs a task again and again; what it throws is logged and does not end it. */
  public void every(long millis, Runnable task) {
    timer.scheduleWithFixedDelay(guarded(task), millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Runs a task once, unless the node stops before. */
  public void after(long millis, Runnable task) {
    try {
      timer.schedule(guarded(task), millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.trace("the node is stopping");
    }
  }

  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        LOG.error("a task of the node failed in a way that it must not", e);
      }
    };
  }

  @Override
  public void close() {
    timer.shutdownNow();
    blocking.shutdown();
    try {
      timer.awaitTermination(2, TimeUnit.SECONDS);
      if (!blocking.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.warn("work of the node did not end in time: {}", blocking);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
