package io.henge.engine;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the uses of something that must not be taken away under its users. Whoever uses it enters
 * and leaves; whoever closes it shuts the gate and waits until all have left. Thread-safe; entering
 * and leaving cost one atomic addition each.
 */
public final class UseGate {
  private static final Logger log = LoggerFactory.getLogger(UseGate.class);
  private static final long WARN_SECONDS = 10;

  private final String name;

  /** Uses; plus {@link Long#MIN_VALUE} once shut, so that "shut" and "in use" are one word. */
  private final AtomicLong uses = new AtomicLong();

  private final CountDownLatch drained = new CountDownLatch(1);

  /**
   * A gate that is open.
   *
   * @param name for messages: what is guarded
   */
  public UseGate(String name) {
    this.name = name;
  }

  /**
   * Begins a use, which ends with {@link #leave}.
   *
   * @throws StoreClosedException if the gate is shut
   */
  public void enter() {
    if (uses.incrementAndGet() < 0) {
      leave();
      throw new StoreClosedException(name + " is closed");
    }
  }

  /** Begins one more use inside a use that has not ended; possible even while the gate is shut. */
  public void enterAgain() {
    uses.incrementAndGet();
  }

  public void leave() {
    if (uses.decrementAndGet() == Long.MIN_VALUE) {
      drained.countDown();
    }
  }

  /** Uses that have not ended. */
  public long uses() {
    return uses.get() & Long.MAX_VALUE;
  }

  public boolean isShut() {
    return uses.get() < 0;
  }

  /**
   * Lets nobody in any more and waits until all have left. Uninterruptible: an interrupt is kept
   * for later, since to go on early would pull native memory from under a reader.
   *
   * @return true for the one caller that shut it, who then has to clean up
   */
  public boolean shutAndWait() {
    boolean first = false;
    long before = uses.get();
    while (before >= 0 && !first) {
      first = uses.compareAndSet(before, before + Long.MIN_VALUE);
      before = first ? before : uses.get();
    }
    if (first && before == 0) {
      drained.countDown();
    }
    awaitDrained();
    return first;
  }

  private void awaitDrained() {
    boolean interrupted = false;
    while (true) {
      try {
        if (drained.await(WARN_SECONDS, TimeUnit.SECONDS)) {
          break;
        }
        log.warn("{} waits for {} uses to end before it closes", name, uses());
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
