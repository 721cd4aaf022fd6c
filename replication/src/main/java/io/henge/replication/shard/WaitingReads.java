package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Linearizable reads that wait for an entry of this leadership to be applied. Those that came
 * before the entry was proposed may be served then, whatever the lease says: its commit shows that
 * nobody else led when they came. Bounded. Thread-safe; the lock is held for a few moves only.
 */
final class WaitingReads {
  private final int countMax;
  private final long retryAfterMillis;
  private final Deque<ReadTask> waiting = new ArrayDeque<>();

  /** Those of the entry in flight, and those after it. */
  private int count;

  private volatile boolean any;

  WaitingReads(int countMax, long retryAfterMillis) {
    this.countMax = countMax;
    this.retryAfterMillis = retryAfterMillis;
  }

  void add(ReadTask task) {
    synchronized (this) {
      if (count < countMax) {
        waiting.add(task);
        count++;
        any = true;
        return;
      }
    }
    task.fail(
        new HengeException(
            ErrorCode.BUSY,
            "reads wait for the lease: at most " + countMax + " may, and all places are taken",
            retryAfterMillis,
            null));
  }

  /** Whether reads wait that ride on no entry yet. */
  boolean any() {
    return any;
  }

  /** An entry is about to be proposed: takes the reads that ride on it. */
  synchronized List<ReadTask> board() {
    if (!any) {
      return List.of();
    }
    any = false;
    List<ReadTask> riders = new ArrayList<>(waiting);
    waiting.clear();
    return riders;
  }

  /** The riders of an entry have their answers, or are about to get them. */
  synchronized void alighted(List<ReadTask> riders) {
    count -= riders.size();
  }

  /** Takes those that ride on no entry and need none, now that the lease is valid. */
  synchronized List<ReadTask> takeFree() {
    List<ReadTask> free = new ArrayList<>(waiting);
    free.removeIf(task -> task.needsEntry);
    waiting.removeIf(task -> !task.needsEntry);
    count -= free.size();
    any = !waiting.isEmpty();
    return free;
  }

  /** Takes all that ride on no entry. */
  synchronized List<ReadTask> takeAll() {
    List<ReadTask> all = board();
    count -= all.size();
    return all;
  }

  /** Fails those that nobody waits for any more. */
  void expire(long nowNanos) {
    List<ReadTask> late = new ArrayList<>();
    synchronized (this) {
      for (Iterator<ReadTask> each = waiting.iterator(); each.hasNext(); ) {
        ReadTask task = each.next();
        if (task.deadlineNanos - nowNanos <= 0) {
          each.remove();
          late.add(task);
        }
      }
      count -= late.size();
      any = !waiting.isEmpty();
    }
    failAll(
        late,
        () ->
            new HengeException(
                ErrorCode.DEADLINE, "the leader could not renew its lease before the deadline"));
  }

  static void failAll(List<ReadTask> tasks, Supplier<HengeException> why) {
    if (tasks.isEmpty()) {
      return;
    }
    HengeException error = why.get();
    Completions completions = new Completions();
    for (ReadTask task : tasks) {
      task.fail(error);
      completions.add(task.completion);
    }
    completions.flush();
  }
}
