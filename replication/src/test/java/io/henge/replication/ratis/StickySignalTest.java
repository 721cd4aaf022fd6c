package io.henge.replication.ratis;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StickySignalTest {
  private final StickySignal signal = new StickySignal("test");

  @Test
  void shouldKeepASignalUntilItIsTaken() throws InterruptedException {
    signal.signal();
    signal.signal();

    assertTrue(signal.await(1, TimeUnit.DAYS));
    assertFalse(signal.await(0, TimeUnit.MILLISECONDS));
    assertFalse(signal.await(1, TimeUnit.MILLISECONDS));
  }

  @Test
  void shouldEndAnInterruptedWait() {
    Thread.currentThread().interrupt();

    assertThrows(InterruptedException.class, () -> signal.await(1, TimeUnit.DAYS));
    assertFalse(Thread.interrupted());
  }

  /** Each signal is given as soon as the last one is taken: whatever the moment, none is lost. */
  @Test
  void shouldLoseNoSignal() {
    int rounds = 100_000;
    AtomicInteger given = new AtomicInteger();
    AtomicInteger seen = new AtomicInteger();
    CompletableFuture<Void> giver =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 1; i <= rounds; i++) {
                given.set(i);
                signal.signal();
                while (seen.get() < i) {
                  Thread.onSpinWait();
                }
              }
            });
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          while (seen.get() < rounds) {
            // As in Ratis: a look, and then a wait if there is nothing to do.
            if (given.get() == seen.get()) {
              assertTrue(signal.await(30, TimeUnit.SECONDS));
            }
            seen.set(given.get());
          }
        });
    giver.join();
  }
}
