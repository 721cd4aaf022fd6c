package io.henge.replication.shard;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Writes that wait for an entry, bounded in count and bytes. Any thread adds, one takes. */
final class WriteQueue {
  private final int countMax;
  private final long bytesMax;
  private final ConcurrentLinkedQueue<PendingWrite> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  WriteQueue(int countMax, long bytesMax) {
    this.countMax = countMax;
    this.bytesMax = bytesMax;
  }

  /** False if there is no room for it. A single write always fits into an empty queue. */
  boolean offer(PendingWrite write) {
    if (count.incrementAndGet() > countMax) {
      count.decrementAndGet();
      return false;
    }
    long before = bytes.getAndAdd(write.bytes());
    if (before > 0 && before + write.bytes() > bytesMax) {
      bytes.addAndGet(-write.bytes());
      count.decrementAndGet();
      return false;
    }
    queue.add(write);
    return true;
  }

  int count() {
    return count.get();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /**
   * Takes what goes into one entry, in order.
   *
   * @param weights what patches and derivations count besides
   * @param expired gets those that nobody waits for any more
   */
  List<PendingWrite> take(
      int writesMax,
      long weightMax,
      EntryWeights weights,
      long nowNanos,
      List<PendingWrite> expired) {
    long patchBytes = weights.patch();
    long derivationBytes = weights.derivation();
    List<PendingWrite> taken = new ArrayList<>(Math.min(writesMax, Math.max(count.get(), 1)));
    long weight = 0;
    while (taken.size() < writesMax) {
      PendingWrite next = queue.peek();
      if (next == null) {
        break;
      }
      boolean late = next.deadlineNanos() - nowNanos <= 0;
      long nextWeight =
          next.weight() + next.patches() * patchBytes + next.derivations() * derivationBytes;
      if (!late && !taken.isEmpty() && weight + nextWeight > weightMax) {
        break;
      }
      queue.poll();
      removed(next);
      if (late) {
        expired.add(next);
      } else {
        taken.add(next);
        weight += nextWeight;
      }
    }
    return taken;
  }

  @Nullable PendingWrite poll() {
    PendingWrite next = queue.poll();
    if (next != null) {
      removed(next);
    }
    return next;
  }

  /** Takes out those that nobody waits for any more, wherever they are. */
  List<PendingWrite> takeExpired(long nowNanos) {
    List<PendingWrite> expired = new ArrayList<>();
    for (Iterator<PendingWrite> each = queue.iterator(); each.hasNext(); ) {
      PendingWrite write = each.next();
      if (write.deadlineNanos() - nowNanos <= 0) {
        each.remove();
        removed(write);
        expired.add(write);
      }
    }
    return expired;
  }

  private void removed(PendingWrite write) {
    count.decrementAndGet();
    bytes.addAndGet(-write.bytes());
  }
}
