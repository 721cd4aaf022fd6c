package io.henge.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which replica of a node flushes and when, and makes it do so, one after the other on a
 * thread of its own: whoever has too much to replay or has been dirty for too long, then the
 * largest memtables until all together are below the budget. RocksDB's own guard would flush
 * whoever happens to write, which under load is the small and not the large.
 *
 * <p>A replica whose flush fails is left alone for a while, since it also has to take itself out.
 * Thread-safe.
 */
public final class FlushScheduler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FlushScheduler.class);
  private static final long FAILURE_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Why a replica was flushed. */
  public enum Reason {
    /** Too much to replay. */
    REPLAY,
    /** Dirty for too long. */
    AGE,
    /** The largest while memtables were near their budget. */
    MEMORY
  }

  /** What one replica looked like when a pass began. */
  private record Candidate(Flushable replica, long memtableBytes) {}

  private final FlushPolicy policy;
  private final LongSupplier nanoClock;
  private final Map<Flushable, Long> replicas = new ConcurrentHashMap<>();
  private final Map<Reason, LongAdder> flushes = new EnumMap<>(Reason.class);
  private final LongAdder failures = new LongAdder();
  private final Thread thread;
  private final Object wakeUp = new Object();
  private boolean stopped;
  private boolean started;

  /**
   * A scheduler that does nothing until {@link #start}.
   *
   * @param nanoClock a clock in nanoseconds, such as {@link System#nanoTime}; the one that {@link
   *     Flushable#dirtySinceNanos} is read from
   */
  public FlushScheduler(FlushPolicy policy, LongSupplier nanoClock) {
    this.policy = policy;
    this.nanoClock = nanoClock;
    for (Reason reason : Reason.values()) {
      flushes.put(reason, new LongAdder());
    }
    this.thread = new Thread(this::run, "henge-flush");
    thread.setDaemon(true);
  }

  /** Begins to look after the replicas on the scheduler's thread. */
  public void start() {
    synchronized (wakeUp) {
      if (!started && !stopped) {
        started = true;
        thread.start();
      }
    }
  }

  public void add(Flushable replica) {
    replicas.put(replica, nanoClock.getAsLong());
  }

  /** Forgets a replica. A flush of it that is under way goes on. */
  public void remove(Flushable replica) {
    replicas.remove(replica);
  }

  /** Flushes done for a reason. */
  public long flushes(Reason reason) {
    LongAdder count = flushes.get(reason);
    return count == null ? 0 : count.sum();
  }

  /** Flushes that failed. */
  public long failures() {
    return failures.sum();
  }

  private void run() {
    while (true) {
      try {
        runPass();
      } catch (RuntimeException e) {
        // The loop must live: without it memory and logs grow without bound.
        log.error("A pass of the flush scheduler failed", e);
      }
      synchronized (wakeUp) {
        if (!stopped) {
          try {
            TimeUnit.NANOSECONDS.timedWait(wakeUp, policy.checkNanos());
          } catch (InterruptedException e) {
            stopped = true;
          }
        }
        if (stopped) {
          return;
        }
      }
    }
  }

  private boolean isStopped() {
    synchronized (wakeUp) {
      return stopped;
    }
  }

  /** Looks at every replica once and flushes those that need it. Not for concurrent calls. */
  void runPass() {
    long now = nanoClock.getAsLong();
    List<Candidate> rest = new ArrayList<>();
    long memtableBytes = 0;
    for (Map.Entry<Flushable, Long> entry : new HashMap<>(replicas).entrySet()) {
      Flushable replica = entry.getKey();
      if (entry.getValue() - now > 0 || isStopped()) {
        continue;
      }
      try {
        long bytes = replica.memtableBytes();
        Reason reason = reason(replica, now);
        if (reason == null) {
          memtableBytes += bytes;
          rest.add(new Candidate(replica, bytes));
        } else {
          flush(replica, reason);
        }
      } catch (StoreClosedException e) {
        log.debug("{} was closed", replica.name());
      }
    }
    relieve(rest, memtableBytes);
  }

  private @Nullable Reason reason(Flushable replica, long now) {
    if (replica.unflushedBytes() >= policy.unflushedBytesMax()) {
      return Reason.REPLAY;
    }
    OptionalLong since = replica.dirtySinceNanos();
    return since.isPresent() && now - since.getAsLong() >= policy.dirtyNanosMax()
        ? Reason.AGE
        : null;
  }

  /** Flushes the largest until the rest is below the budget. */
  private void relieve(List<Candidate> candidates, long bytes) {
    if (policy.memtableBytesMax() == 0 || bytes < policy.memtableBytesMax()) {
      return;
    }
    candidates.sort(Comparator.comparingLong(Candidate::memtableBytes).reversed());
    long left = bytes;
    for (Candidate candidate : candidates) {
      if (left < policy.memtableBytesMax() || candidate.memtableBytes() == 0 || isStopped()) {
        return;
      }
      flush(candidate.replica(), Reason.MEMORY);
      left -= candidate.memtableBytes();
    }
  }

  private void flush(Flushable replica, Reason reason) {
    try {
      replica.flush();
      LongAdder count = flushes.get(reason);
      if (count != null) {
        count.increment();
      }
      log.debug("Flushed {}: {}", replica.name(), reason);
    } catch (StoreClosedException e) {
      log.debug("{} was closed", replica.name());
    } catch (RuntimeException e) {
      failures.increment();
      long retryAt = nanoClock.getAsLong() + FAILURE_PAUSE_NANOS;
      replicas.computeIfPresent(replica, (key, at) -> retryAt);
      log.warn("{} cannot be flushed", replica.name(), e);
    }
  }

  /** Ends after the flush that is under way; waits for that. Flushes nothing more. */
  @Override
  public void close() {
    boolean join;
    synchronized (wakeUp) {
      stopped = true;
      join = started;
      wakeUp.notifyAll();
    }
    boolean interrupted = false;
    while (join && thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
