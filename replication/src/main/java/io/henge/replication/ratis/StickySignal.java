package io.henge.replication.ratis;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.util.AwaitForSignal;
import org.jspecify.annotations.Nullable;

/**
 * A signal for one waiting thread that is kept until that thread takes it. Ratis' own is forgotten
 * if nobody waits at the moment that it is given.
 *
 * <p>Threads: any signals, one awaits.
 */
class StickySignal extends AwaitForSignal {
  private final AtomicBoolean given = new AtomicBoolean();
  private volatile @Nullable Thread waiter;

  StickySignal(Object name) {
    super(name);
  }

  @Override
  public void await() throws InterruptedException {
    while (!await(1, TimeUnit.DAYS)) {
      // Not given yet.
    }
  }

  /**
   * Takes the signal, once it is given.
   *
   * @return false if it was not within that time
   */
  @Override
  public boolean await(long time, TimeUnit unit) throws InterruptedException {
    long deadline = System.nanoTime() + unit.toNanos(time);
    waiter = Thread.currentThread();
    try {
      while (!given.getAndSet(false)) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        LockSupport.parkNanos(this, left);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
      return true;
    } finally {
      waiter = null;
    }
  }

  @Override
  public void signal() {
    if (given.compareAndSet(false, true)) {
      Thread waiting = waiter;
      if (waiting != null) {
        LockSupport.unpark(waiting);
      }
    }
  }
}
