package io.henge.client.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SubmissionsTest {
  private static final class Entry extends Submissions.Node<Entry> {
    private final int caller;
    private final int number;

    Entry(int caller, int number) {
      this.caller = caller;
      this.number = number;
    }
  }

  @Test
  void shouldHandOverEverythingInTheOrderOfEachCallerAndWakeOnlyWhenEmpty() throws Exception {
    int callers = 4;
    int each = 20_000;
    Submissions<Entry> submissions = new Submissions<>();
    AtomicInteger wakeUps = new AtomicInteger();
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int caller = 0; caller < callers; caller++) {
      int self = caller;
      Thread thread =
          new Thread(
              () -> {
                try {
                  begin.await();
                } catch (InterruptedException e) {
                  return;
                }
                for (int i = 0; i < each; i++) {
                  if (submissions.push(new Entry(self, i))) {
                    wakeUps.incrementAndGet();
                  }
                }
              });
      thread.start();
      threads.add(thread);
    }
    begin.countDown();
    int[] next = new int[callers];
    int taken = 0;
    int chains = 0;
    while (taken < callers * each) {
      Entry entry = submissions.takeAll();
      chains += entry == null ? 0 : 1;
      while (entry != null) {
        assertThat(entry.number).isEqualTo(next[entry.caller]++);
        taken++;
        entry = submissions.next(entry);
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(submissions.takeAll()).isNull();
    assertThat(wakeUps).hasValue(chains);
  }
}
