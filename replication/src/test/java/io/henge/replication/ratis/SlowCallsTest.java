package io.henge.replication.ratis;

import static io.henge.replication.ratis.RatisCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SlowCallsTest {
  private static final ByteString GROUP = ByteString.copyFromUtf8("group");

  private final SlowCalls calls = new SlowCalls(Thread::new);
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void close() {
    calls.close();
  }

  private void waitForGo() {
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void shouldKeepTheOrderOfOneCallAndLetOthersOvertakeIt() {
    List<Integer> done = new CopyOnWriteArrayList<>();
    SlowCalls.Serial held = calls.serial();
    assertThat(held.isIdle()).isTrue();
    held.execute(this::waitForGo);
    for (int i = 0; i < 100; i++) {
      int number = i;
      held.execute(() -> done.add(number));
    }
    assertThat(held.isIdle()).isFalse();
    CountDownLatch overtook = new CountDownLatch(1);
    calls.serial().execute(overtook::countDown);
    await().atMost(PATIENCE).until(() -> overtook.getCount() == 0);
    assertThat(done).isEmpty();
    go.countDown();
    await().atMost(PATIENCE).until(held::isIdle);
    assertThat(done).isEqualTo(IntStream.range(0, 100).boxed().toList());
  }

  @Test
  void shouldGoOnAfterWorkThatFails() {
    SlowCalls.Serial serial = calls.serial();
    CountDownLatch done = new CountDownLatch(1);
    serial.execute(
        () -> {
          throw new IllegalStateException("the other side has gone");
        });
    serial.execute(done::countDown);
    await().atMost(PATIENCE).until(() -> done.getCount() == 0);
  }

  @Test
  void shouldAnswerOnlyTheLastRequestOfACandidate() {
    Object first = new Object();
    Object second = new Object();
    Object other = new Object();
    calls.asked(GROUP, "a", first);
    calls.asked(GROUP, "b", other);
    calls.asked(GROUP, "a", second);
    assertThat(calls.isLatest(GROUP, "a", first)).isFalse();
    assertThat(calls.isLatest(GROUP, "a", second)).isTrue();
    assertThat(calls.isLatest(GROUP, "b", other)).isTrue();
  }

  @Test
  void shouldRefuseWhenTooMuchWaits() {
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100_000; i++) {
                calls.serial().execute(this::waitForGo);
              }
            })
        .isInstanceOf(RejectedExecutionException.class);
    go.countDown();
  }
}
