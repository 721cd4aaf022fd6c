package io.henge.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.engine.FlushScheduler.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FlushSchedulerTest {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final AtomicLong clock = new AtomicLong(-5 * MINUTE);
  private final List<String> flushed = new ArrayList<>();
  private final FlushPolicy policy = new FlushPolicy(1_000, 800, 5 * MINUTE, 1);
  private final FlushScheduler scheduler = new FlushScheduler(policy, clock::get);

  /** A replica as the scheduler sees it. */
  private class Replica implements Flushable {
    private final String name;
    private long memtableBytes;
    private long unflushedBytes;
    private OptionalLong dirtySince = OptionalLong.empty();

    Replica(String name) {
      this.name = name;
      scheduler.add(this);
    }

    void write(long bytes) {
      memtableBytes += bytes;
      unflushedBytes += bytes;
      if (dirtySince.isEmpty()) {
        dirtySince = OptionalLong.of(clock.get());
      }
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long memtableBytes() {
      return memtableBytes;
    }

    @Override
    public long unflushedBytes() {
      return unflushedBytes;
    }

    @Override
    public OptionalLong dirtySinceNanos() {
      return dirtySince;
    }

    @Override
    public void flush() {
      flushed.add(name);
      memtableBytes = 0;
      unflushedBytes = 0;
      dirtySince = OptionalLong.empty();
    }
  }

  @Test
  void shouldLeaveTheCleanAndTheSmallAlone() {
    new Replica("clean");
    new Replica("small").write(799);
    clock.addAndGet(5 * MINUTE - 1);
    scheduler.runPass();
    assertThat(flushed).isEmpty();
  }

  @Test
  void shouldFlushWhatHasBeenDirtyForTooLong() {
    Replica old = new Replica("old");
    old.write(1);
    clock.addAndGet(2 * MINUTE);
    new Replica("young").write(1);
    clock.addAndGet(3 * MINUTE);
    scheduler.runPass();
    assertThat(flushed).containsExactly("old");
    assertThat(scheduler.flushes(Reason.AGE)).isOne();
    scheduler.runPass();
    assertThat(flushed).containsExactly("old");
    clock.addAndGet(2 * MINUTE);
    scheduler.runPass();
    assertThat(flushed).containsExactly("old", "young");
  }

  @Test
  void shouldBoundWhatACrashHasToReplay() {
    Replica replica = new Replica("a");
    replica.write(500);
    // The store has written it out by itself, but nobody has recorded that.
    replica.memtableBytes = 0;
    replica.write(299);
    scheduler.runPass();
    assertThat(flushed).isEmpty();
    replica.write(1);
    scheduler.runPass();
    assertThat(flushed).containsExactly("a");
    assertThat(scheduler.flushes(Reason.REPLAY)).isOne();
  }

  @Test
  void shouldFlushTheLargestAsTheBudgetNears() {
    new Replica("a").write(200);
    new Replica("b").write(500);
    new Replica("c").write(299);
    scheduler.runPass();
    assertThat(flushed).isEmpty();
    new Replica("d").write(1);
    scheduler.runPass();
    assertThat(flushed).containsExactly("b");
    assertThat(scheduler.flushes(Reason.MEMORY)).isOne();
  }

  @Test
  void shouldFlushAsManyAsTheBudgetNeeds() {
    for (int i = 1; i <= 9; i++) {
      new Replica("r" + i).write(300 + i);
    }
    scheduler.runPass();
    // 2,745 bytes in all; three are left below 1,000.
    assertThat(flushed).containsExactly("r9", "r8", "r7", "r6", "r5", "r4");
  }

  @Test
  void shouldCountOverdueStoresOutOfTheBudget() {
    new Replica("overdue").write(900);
    new Replica("small").write(300);
    scheduler.runPass();
    assertThat(flushed).containsExactly("overdue");
  }

  @Test
  void shouldPauseAfterAFailureAndServeTheOthers() {
    Replica broken =
        new Replica("broken") {
          @Override
          public void flush() {
            flushed.add("broken");
            throw new StoreFailedException("disk", new java.io.IOException());
          }
        };
    broken.write(900);
    new Replica("well").write(900);
    scheduler.runPass();
    assertThat(flushed).containsExactlyInAnyOrder("broken", "well");
    assertThat(scheduler.failures()).isOne();
    flushed.clear();
    scheduler.runPass();
    assertThat(flushed).isEmpty();
    clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
    scheduler.runPass();
    assertThat(flushed).containsExactly("broken");
  }

  @Test
  void shouldPassOverAClosedReplica() {
    Replica closed =
        new Replica("closed") {
          @Override
          public long memtableBytes() {
            throw new StoreClosedException("closed");
          }
        };
    closed.write(900);
    new Replica("well").write(900);
    scheduler.runPass();
    assertThat(flushed).containsExactly("well");
    assertThat(scheduler.failures()).isZero();
  }

  @Test
  void shouldForgetARemovedReplica() {
    Replica replica = new Replica("a");
    replica.write(900);
    scheduler.remove(replica);
    scheduler.runPass();
    assertThat(flushed).isEmpty();
  }

  @Test
  @Timeout(30)
  void shouldWorkOnItsThreadUntilItIsClosed() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Replica slow =
        new Replica("slow") {
          @Override
          public void flush() {
            begun.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            super.flush();
          }
        };
    slow.write(900);
    scheduler.start();
    begun.await();
    Thread closing = new Thread(scheduler::close);
    closing.start();
    while (closing.isAlive() && closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThat(flushed).isEmpty();
    go.countDown();
    closing.join();
    assertThat(flushed).containsExactly("slow");
    scheduler.close();
    scheduler.start();
  }

  @Test
  void shouldRefuseANonsensePolicy() {
    assertThatThrownBy(() -> new FlushPolicy(-1, 1, 1, 1)).isInstanceOf(HengeException.class);
    assertThatThrownBy(() -> new FlushPolicy(1, 0, 1, 1)).isInstanceOf(HengeException.class);
    FlushPolicy policy = FlushPolicy.of(128 << 20);
    assertThat(policy.memtableBytesMax()).isEqualTo(96 << 20);
    assertThat(policy.unflushedBytesMax()).isEqualTo(64 << 20);
  }
}
