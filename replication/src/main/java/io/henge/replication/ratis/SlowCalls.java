package io.henge.replication.ratis;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads for what members ask of each other and what takes time. A vote is written to disk; a
 * leader or candidate that has to give way first waits for its own threads to end, of which one may
 * wait for the answer of a dead node. On the event loops, of which there are as many as cores, that
 * would keep everything else waiting, heartbeats of other groups among it, so that more elections
 * begin; and each that is not answered in time is held again, while its requests still wait to be
 * answered. With two dozen groups on two busy cores that did not end.
 *
 * <p>So of the requests of one candidate for one group, only the last one is answered. Thread-safe.
 */
final class SlowCalls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SlowCalls.class);

  /** They wait for disks and for each other more than they work. */
  private static final int THREADS = 64;

  private static final int QUEUE = 4_096;
  private static final int IDLE_SECONDS = 5;

  /** Somebody who stands for election in a group. */
  private record Candidate(ByteString group, String nodeId) {}

  private final ThreadPoolExecutor threads;
  private final Map<Candidate, Object> latest = new ConcurrentHashMap<>();

  SlowCalls(ThreadFactory factory) {
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(QUEUE),
            factory);
    threads.allowCoreThreadTimeOut(true);
  }

  /** A candidate asks for a vote: what it asked before need not be answered any more. */
  void asked(ByteString group, String candidate, Object call) {
    latest.put(new Candidate(group, candidate), call);
  }

  /** Whether a request for a vote is the candidate's last one; to be asked once, when it is due. */
  boolean isLatest(ByteString group, String candidate, Object call) {
    return latest.remove(new Candidate(group, candidate), call);
  }

  /** What belongs to one call: one after another, in order. */
  Serial serial() {
    return new Serial();
  }

  /** What belongs to one call. */
  final class Serial implements Executor, Runnable {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private volatile boolean running;

    /** Whether all is done. Whoever executes may rely on it until then. */
    boolean isIdle() {
      return !running;
    }

    /**
     * Never blocks.
     *
     * @throws RejectedExecutionException if too much waits already, or all is over
     */
    @Override
    public void execute(Runnable task) {
      synchronized (tasks) {
        tasks.add(task);
        if (running) {
          return;
        }
        running = true;
      }
      try {
        threads.execute(this);
      } catch (RejectedExecutionException e) {
        synchronized (tasks) {
          tasks.clear();
          running = false;
        }
        throw e;
      }
    }

    @Override
    public void run() {
      while (true) {
        Runnable task;
        synchronized (tasks) {
          task = tasks.poll();
          if (task == null) {
            running = false;
            return;
          }
        }
        try {
          task.run();
        } catch (RuntimeException e) {
          LOG.info("a call of another member failed: {}", e.toString());
        }
      }
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
