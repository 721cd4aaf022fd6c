package io.henge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.testing.FakeHenge;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bad input: refused with a clear line before anything is sent. */
class LimitsTest {
  private static final Key ANN = Key.of("ann");
  private static final Limits LIMITS = Limits.DEFAULT;

  private static FakeHenge cluster;
  private static HengeClient henge;
  private static ItemCollection carts;

  @BeforeAll
  static void start() {
    cluster = FakeHenge.start(1, 1);
    cluster.createCollection("carts");
    henge = HengeClient.connect(cluster.addresses(), ClientOptions.DEFAULT);
    carts = henge.collection("carts");
  }

  @AfterAll
  static void stop() {
    henge.close();
    cluster.close();
  }

  private static void assertRefused(ThrowingCallable call, String... says) {
    int before = cluster.node(1).received().size();
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HengeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
              assertThat(e.getMessage()).contains(says).doesNotContain("\n");
            });
    assertThat(cluster.node(1).received()).hasSize(before);
  }

  @Test
  void shouldRefuseKeysThatCannotBe() {
    assertRefused(() -> carts.get(Key.EMPTY, Key.EMPTY), "sharding key", "at least one part");
    assertRefused(
        () -> carts.put(Key.of("a", ""), Key.EMPTY, Value.of("x")), "sharding key", "empty text");
    assertRefused(() -> carts.get(Key.of(""), Key.EMPTY), "sharding key", "empty text");
    assertRefused(
        () -> carts.put(Key.of("x".repeat(4_100)), Key.EMPTY, Value.of("x")),
        "key: at most 4096 bytes",
        "found 4115");
    assertRefused(
        () -> carts.get(ANN, Key.of("x".repeat(4_100))), "key: at most 4096 bytes", "found");
    // These only look like empty texts.
    carts.get(Key.of(new byte[] {3, 0}, 0x0300), Key.of(""));
  }

  @Test
  void shouldTakeTheLargestKeyAndValue() {
    String longest = "x".repeat(LIMITS.keyBytesMax() - 13 - 2);
    carts.put(Key.of(longest), Key.EMPTY, Value.of(new byte[LIMITS.valueBytesMax()]));
    assertThat(carts.get(Key.of(longest), Key.EMPTY).orElseThrow().bytes())
        .hasSize(LIMITS.valueBytesMax());
  }

  @Test
  void shouldRefuseValuesAndBatchesThatAreTooLarge() {
    byte[] large = new byte[LIMITS.valueBytesMax() + 1];
    assertRefused(
        () -> carts.put(ANN, Key.EMPTY, Value.of(large)),
        "value: at most 1048576 bytes",
        "found 1048577");
    assertRefused(
        () -> carts.append(ANN, Key.EMPTY, large, WriteOptions.DEFAULT),
        "bytes to append",
        "found 1048577");
    assertRefused(
        () -> carts.compareAndSet(ANN, Key.EMPTY, Value.of(large), Value.of("x")),
        "value of the condition");
    assertRefused(() -> henge.write(Batch.on(ANN), WriteOptions.DEFAULT), "batch: at least one");
    Batch many = Batch.on(ANN);
    for (int i = 0; i <= LIMITS.batchMutationsMax(); i++) {
      many.put("carts", Key.of(i), Value.of("x"));
    }
    assertRefused(
        () -> henge.write(many, WriteOptions.DEFAULT), "batch: at most 1000 steps", "found 1001");
    Batch big = Batch.on(ANN);
    for (int i = 0; i < 3; i++) {
      big.put("carts", Key.of(i), Value.of(new byte[LIMITS.valueBytesMax()]));
    }
    assertRefused(
        () -> henge.write(big, WriteOptions.DEFAULT), "batch: at most 2097152 bytes", "found");
    assertRefused(
        () ->
            carts.getAll(
                ANN,
                Collections.nCopies(LIMITS.pageItemsMax() + 1, Key.EMPTY),
                ReadOptions.LINEARIZABLE),
        "sort keys: at most 10000");
    assertThat(carts.getAll(ANN, List.of(), ReadOptions.LINEARIZABLE)).isEmpty();
  }

  @Test
  void shouldRefuseOptionsThatMakeNoSense() {
    WriteOptions ttl = WriteOptions.DEFAULT.ttl(Duration.ofSeconds(1));
    assertRefused(() -> carts.increment(ANN, Key.EMPTY, 1, ttl), "ttl: only put and touch");
    assertRefused(() -> WriteOptions.DEFAULT.ttl(Duration.ZERO), "ttl: at least 1 ms");
    assertRefused(
        () ->
            carts.put(
                ANN,
                Key.EMPTY,
                Value.of("x"),
                new WriteOptions(Condition.none(), -7, false, Duration.ZERO)),
        "ttl",
        "-7");
    assertRefused(
        () -> carts.get(ANN, Key.EMPTY, ReadOptions.LINEARIZABLE.timeout(Duration.ofMinutes(2))),
        "timeout",
        "60000 ms",
        "found 120000 ms");
    assertRefused(
        () -> carts.get(ANN, Key.EMPTY, ReadOptions.EVENTUAL.timeout(Duration.ofMillis(-1))),
        "timeout");
    assertRefused(
        () -> carts.get(ANN, Key.EMPTY, ReadOptions.bounded(Duration.ZERO)), "stalenessMax");
    assertRefused(
        () ->
            carts.get(
                ANN,
                Key.EMPTY,
                new ReadOptions(Consistency.SESSION, null, Duration.ZERO, Duration.ZERO)),
        "session");
    assertRefused(
        () -> carts.scan(ANN, ScanOptions.ALL.limit(10_001), ReadOptions.LINEARIZABLE),
        "limit",
        "found 10001");
    assertRefused(
        () -> carts.scan(ANN, ScanOptions.ALL.limit(-1), ReadOptions.LINEARIZABLE), "limit");
    assertRefused(
        () -> henge.write(Batch.on(ANN).delete("carts", Key.EMPTY), ttl), "only the timeout");
    assertRefused(() -> henge.collection(" "), "name");
    assertRefused(() -> henge.admin().createCollection("", CollectionOptions.defaults()), "name");
    assertRefused(
        () ->
            henge
                .admin()
                .createCollection(
                    "x", CollectionOptions.defaults().withTtl(Duration.ofSeconds(-1))),
        "ttl");
    assertRefused(() -> ClientOptions.DEFAULT.withTimeout(Duration.ZERO), "timeout");
    assertRefused(
        () -> ClientOptions.DEFAULT.withRequestsInFlightMax(0), "requestsInFlightMax", "found 0");
    assertRefused(() -> ClientOptions.DEFAULT.withBytesInFlightMax(0), "bytesInFlightMax");
  }

  @Test
  void shouldRefuseAddressesThatAreNone() {
    for (String bad : List.of("nowhere", "a:b:c", "host:", ":7400", "host:0", "host:70000", "")) {
      assertRefused(() -> HengeClient.connect(bad), "address");
    }
  }

  @Test
  void shouldGiveTheSameErrorsThroughTheFuture() {
    assertThatThrownBy(
            () -> carts.async().get(Key.EMPTY, Key.EMPTY, ReadOptions.LINEARIZABLE).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(HengeException.class);
    assertThat(
            carts
                .async()
                .get(Key.EMPTY, Key.EMPTY, ReadOptions.LINEARIZABLE)
                .handle((item, failure) -> failure)
                .join())
        .isInstanceOf(HengeException.class);
  }

  @Test
  void shouldRefuseMoreThanTheBoundsAllow() {
    cluster.node(1).staySilent();
    try (HengeClient small =
        HengeClient.connect(
            cluster.addresses(),
            ClientOptions.DEFAULT.withRequestsInFlightMax(2).withBytesInFlightMax(10_000))) {
      AsyncItemCollection items = small.collection("carts").async();
      assertThat(items.put(ANN, Key.EMPTY, Value.of(new byte[20_000]), WriteOptions.DEFAULT))
          .isCompletedExceptionally();
      items.get(ANN, Key.EMPTY, ReadOptions.LINEARIZABLE);
      items.get(ANN, Key.EMPTY, ReadOptions.LINEARIZABLE);
      assertThatThrownBy(
              () -> small.collection("carts").get(ANN, Key.EMPTY, ReadOptions.LINEARIZABLE))
          .isInstanceOfSatisfying(
              HengeException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.BUSY);
                assertThat(e.retryAfterMillis()).isPositive();
                assertThat(e).hasMessageContaining("requestsInFlightMax = 2");
              });
    } finally {
      cluster.node(1).behaveNormally();
    }
  }
}
