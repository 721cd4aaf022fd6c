package io.henge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.client.testing.FakeHenge;
import io.henge.client.testing.FaultyNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes that die, fall silent, move and answer late, over real connections on loopback. */
class FailuresTest {
  private static final Key ANN = Key.of("ann");

  private FakeHenge cluster;
  private HengeClient henge;
  private ItemCollection carts;

  @BeforeEach
  void start() {
    cluster = FakeHenge.start(3, 1);
    cluster.createCollection("carts");
    henge = HengeClient.connect(cluster.addresses(), ClientOptions.DEFAULT);
    carts = henge.collection("carts");
  }

  @AfterEach
  void stop() {
    henge.close();
    cluster.close();
  }

  @Test
  void shouldGatherTheRequestsOfManyThreads() throws Exception {
    run(32, 100, (thread, i) -> carts.increment(ANN, Key.of(thread), 1));
    for (int thread = 0; thread < 32; thread++) {
      assertThat(carts.get(ANN, Key.of(thread)).orElseThrow().counter()).isEqualTo(100);
    }
    ClientStatistics statistics = henge.statistics();
    assertThat(statistics.requests()).isEqualTo(32 * 100 + 32);
    assertThat(statistics.messages()).isPositive().isLessThan(statistics.attempts());
    assertThat(statistics.bytesSent()).isGreaterThan(20 * statistics.attempts());
    assertThat(statistics.bytesReceived()).isGreaterThan(5 * statistics.attempts());
  }

  @Test
  void shouldNotShowAFailoverToCallers() throws Exception {
    AtomicBoolean moved = new AtomicBoolean();
    AtomicInteger done = new AtomicInteger();
    CompletableFuture<Void> failover =
        CompletableFuture.runAsync(
            () -> {
              await().until(() -> done.get() > 200);
              // The leader dies; for a while nobody leads; then another one does.
              cluster.lead(1, "");
              cluster.node(1).stop();
              long since = cluster.node(2).received().size();
              await().until(() -> cluster.node(2).received().size() > since + 50);
              cluster.lead(1, "n3");
              moved.set(true);
            });
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    run(
        8,
        1_000,
        (thread, i) -> {
          try {
            carts.increment(ANN, Key.of(thread), 1);
          } catch (HengeException e) {
            failures.add(e);
          }
          done.incrementAndGet();
        });
    failover.join();
    assertThat(moved).isTrue();
    assertThat(failures).isEmpty();
    for (int thread = 0; thread < 8; thread++) {
      assertThat(carts.get(ANN, Key.of(thread)).orElseThrow().counter()).isEqualTo(1_000);
    }
  }

  @Test
  void shouldTakeEffectOnceWhenAConnectionBreaksBeforeTheAnswer() {
    FaultyNode leader = cluster.leader(1);
    AtomicBoolean first = new AtomicBoolean(true);
    leader.behave(
        (request, answer) -> {
          if (request.hasWrite() && first.getAndSet(false)) {
            leader.normally(request, lost -> {});
            CompletableFuture.runAsync(leader::dropConnections);
          } else {
            leader.normally(request, answer);
          }
        });
    assertThat(carts.increment(ANN, Key.EMPTY, 1).counter()).isEqualTo(1);
    assertThat(cluster.effects()).isEqualTo(1);
    List<Request> attempts =
        cluster.nodes().stream().flatMap(node -> node.received().stream()).toList();
    assertThat(attempts).hasSizeGreaterThan(1);
    assertThat(attempts.stream().map(Request::getWrite).distinct()).hasSize(1);
    assertThat(attempts.get(0).getWrite().getNotAfterMillis())
        .isBetween(FakeHenge.clockMillis() + 5_000, FakeHenge.clockMillis() + 60_000);
  }

  @Test
  void shouldAskElsewhereWhenTheLeaderIsStopped() {
    carts.put(ANN, Key.EMPTY, Value.of("before"));
    cluster.node(1).staySilent();
    cluster.lead(1, "n2");
    long start = System.nanoTime();
    carts.put(ANN, Key.EMPTY, Value.of("after"));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    assertThat(carts.get(ANN, Key.EMPTY).orElseThrow().text()).isEqualTo("after");
    // The write that stayed without an answer was the same.
    List<Request> silent = cluster.node(1).received();
    Request unanswered = silent.get(silent.size() - 1);
    assertThat(cluster.node(2).received())
        .anySatisfy(
            request ->
                assertThat(request.getWrite().getRequestId())
                    .isEqualTo(unanswered.getWrite().getRequestId()));
  }

  @Test
  void shouldTakeTheLateAnswerOfTheFirstAttempt() {
    CompletableFuture<Runnable> late = new CompletableFuture<>();
    FaultyNode leader = cluster.leader(1);
    leader.behave(
        (request, answer) ->
            leader.normally(request, response -> late.complete(() -> answer.accept(response))));
    AtomicInteger unsure = new AtomicInteger();
    for (FaultyNode node : List.of(cluster.node(2), cluster.node(3))) {
      node.behave(
          (request, answer) -> {
            answer.accept(FakeHenge.refused(ErrorCode.OUTCOME_UNKNOWN, "not after"));
            if (unsure.incrementAndGet() == 2) {
              // The client has had the first of these errors for a second, and waits on.
              late.join().run();
            }
          });
    }
    assertThat(carts.increment(ANN, Key.EMPTY, 3).counter()).isEqualTo(3);
    assertThat(cluster.effects()).isEqualTo(1);
  }

  @Test
  void shouldFindAShardThatWasCutAndMoved() {
    for (int i = 0; i < 20; i++) {
      carts.put(Key.of(i), Key.EMPTY, Value.of("v" + i));
    }
    cluster.split(1, new byte[] {(byte) 0x80}, 2);
    cluster.lead(2, "n3");
    for (int i = 0; i < 20; i++) {
      assertThat(carts.get(Key.of(i), Key.EMPTY).orElseThrow().text()).isEqualTo("v" + i);
    }
    assertThat(cluster.node(3).received()).isNotEmpty();
  }

  @Test
  void shouldNotDelayTheCallersOfHealthyShards() {
    cluster.split(1, new byte[] {(byte) 0x80}, 2);
    cluster.lead(2, "n2");
    cluster.publish();
    Key low = keyIn(false);
    Key high = keyIn(true);
    carts.put(low, Key.EMPTY, Value.of("x"));
    carts.put(high, Key.EMPTY, Value.of("x"));
    cluster.nodes().forEach(node -> node.behave(this::silentAboutTheLowerHalf));
    List<CompletableFuture<WriteResult>> stuck = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      stuck.add(
          carts
              .async()
              .put(
                  low,
                  Key.of(i),
                  Value.of("y"),
                  WriteOptions.DEFAULT.timeout(Duration.ofSeconds(60))));
    }
    long start = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      carts.put(high, Key.of(i), Value.of("y"));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(stuck).noneMatch(CompletableFuture::isDone);
    henge.close();
    assertThat(stuck).allMatch(CompletableFuture::isCompletedExceptionally);
  }

  private void silentAboutTheLowerHalf(Request request, Consumer<Response> answer) {
    if (request.getShardId() == 2) {
      cluster.node(2).normally(request, answer);
    }
  }

  private static Key keyIn(boolean upperHalf) {
    int i = 0;
    while (Key.of("k", i).token() < 0 != upperHalf) {
      i++;
    }
    return Key.of("k", i);
  }

  @Test
  void shouldReadFromOtherReplicasWhenOneIsGone() {
    carts.put(ANN, Key.EMPTY, Value.of("x"));
    for (int i = 0; i < 30; i++) {
      carts.get(ANN, Key.EMPTY, ReadOptions.EVENTUAL);
    }
    assertThat(cluster.nodes()).allSatisfy(node -> assertThat(node.received()).isNotEmpty());
    cluster.node(2).stop();
    for (int i = 0; i < 30; i++) {
      assertThat(carts.get(ANN, Key.EMPTY, ReadOptions.EVENTUAL)).isPresent();
    }
  }

  @Test
  void shouldComeBackWhenTheOnlyNodeWasRestarted() {
    try (FakeHenge single = FakeHenge.start(1, 1)) {
      single.createCollection("carts");
      try (HengeClient client = HengeClient.connect(String.join(",", single.addresses()))) {
        ItemCollection items = client.collection("carts");
        items.put(ANN, Key.EMPTY, Value.of("1"));
        single.node(1).stop();
        CompletableFuture<WriteResult> waiting =
            items.async().put(ANN, Key.EMPTY, Value.of("2"), WriteOptions.DEFAULT);
        single.node(1).restart();
        assertThat(waiting.join().existed()).isTrue();
        // The map is followed again, too.
        await().until(() -> single.node(1).watches() == 1);
      }
    }
  }

  @Test
  void shouldSayWhatIsUnreachableWhenConnecting() {
    String address = cluster.node(1).address();
    cluster.close();
    long start = System.nanoTime();
    assertThatThrownBy(
            () ->
                HengeClient.connect(
                    List.of(address), ClientOptions.DEFAULT.withTimeout(Duration.ofMillis(300))))
        .isInstanceOfSatisfying(
            HengeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
              assertThat(e).hasMessageContaining(address).hasMessageContaining("300 ms");
            });
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void shouldConnectThroughAnyAddressThatAnswers() {
    cluster.node(1).stop();
    try (HengeClient client = HengeClient.connect(cluster.addresses(), ClientOptions.DEFAULT)) {
      cluster.lead(1, "n2");
      client.collection("carts").put(ANN, Key.EMPTY, Value.of("x"));
    }
  }

  /** What was never sent may go to the next node, though it must not be done twice. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void shouldBeginAnOperationThoughANodeIsDown(int down) {
    cluster.node(down).stop();
    assertThat(henge.operations().split(1).id()).isZero();
  }

  @Test
  void shouldLetAnInterruptedCallerGo() throws Exception {
    cluster.nodes().forEach(FaultyNode::staySilent);
    AtomicReference<Throwable> seen = new AtomicReference<>();
    AtomicBoolean flag = new AtomicBoolean();
    Thread caller =
        new Thread(
            () -> {
              try {
                carts.put(ANN, Key.EMPTY, Value.of("x"));
              } catch (HengeException e) {
                seen.set(e);
                flag.set(Thread.currentThread().isInterrupted());
              }
            });
    caller.start();
    await().until(() -> !cluster.leader(1).received().isEmpty());
    caller.interrupt();
    caller.join(5_000);
    assertThat(seen.get())
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN));
    assertThat(flag).isTrue();
  }

  @Test
  void shouldRefuseToBlockItsOwnThread() {
    // Answers wait until the callback is there: with the answer there already it would run here.
    Queue<Runnable> held = new ConcurrentLinkedQueue<>();
    cluster
        .nodes()
        .forEach(
            node ->
                node.behave((request, answer) -> held.add(() -> node.normally(request, answer))));
    CompletableFuture<Throwable> seen =
        carts
            .async()
            .get(ANN, Key.EMPTY, ReadOptions.LINEARIZABLE)
            .thenApply(item -> carts.get(ANN, Key.EMPTY))
            .handle((item, failure) -> failure);
    await().until(() -> !held.isEmpty());
    held.remove().run();
    assertThat(seen.join()).hasRootCauseInstanceOf(IllegalStateException.class);
  }

  private interface Step {
    void run(int thread, int i);
  }

  private static void run(int threads, int times, Step step) throws InterruptedException {
    List<Thread> running = new ArrayList<>();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    for (int t = 0; t < threads; t++) {
      int self = t;
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < times; i++) {
                  step.run(self, i);
                }
              });
      thread.setUncaughtExceptionHandler((failed, e) -> failures.add(e));
      thread.start();
      running.add(thread);
    }
    for (Thread thread : running) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }
}
