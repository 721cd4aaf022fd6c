package io.henge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.testing.FakeHenge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The public interface against three nodes on loopback that behave. */
class HengeClientTest {
  private FakeHenge cluster;
  private HengeClient henge;
  private ItemCollection carts;

  @BeforeEach
  void start() {
    cluster = FakeHenge.start(3, 3);
    henge = HengeClient.connect(String.join(",", cluster.addresses()));
    henge.admin().createCollection("carts", CollectionOptions.defaults());
    carts = henge.collection("carts");
  }

  @AfterEach
  void stop() {
    henge.close();
    cluster.close();
  }

  @Test
  void shouldReadWhatWasWritten() {
    for (int i = 0; i < 100; i++) {
      carts.put(Key.of("user", i), Key.of("item", 1), Value.of("pear " + i));
    }
    for (int i = 0; i < 100; i++) {
      Item item = carts.get(Key.of("user", i), Key.of("item", 1)).orElseThrow();
      assertThat(item.text()).isEqualTo("pear " + i);
      assertThat(item.shardingKey()).isEqualTo(Key.of("user", i));
      assertThat(item.sortKey()).isEqualTo(Key.of("item", 1));
      assertThat(item.version()).isPositive();
    }
    assertThat(carts.get(Key.of("nobody"), Key.EMPTY)).isEmpty();
    // Every shard's leader was asked, and nobody twice for one thing.
    assertThat(cluster.nodes()).allSatisfy(node -> assertThat(node.received()).isNotEmpty());
    assertThat(henge.statistics().attempts()).isEqualTo(henge.statistics().requests());
  }

  @Test
  void shouldCountAppendTouchAndDelete() {
    Key ann = Key.of("ann");
    assertThat(carts.increment(ann, Key.of("visits"), 5).counter()).isEqualTo(5);
    assertThat(carts.increment(ann, Key.of("visits"), -2).counter()).isEqualTo(3);
    assertThat(carts.get(ann, Key.of("visits")).orElseThrow().counter()).isEqualTo(3);
    carts.append(
        ann,
        Key.of("log"),
        "ab".getBytes(java.nio.charset.StandardCharsets.UTF_8),
        WriteOptions.DEFAULT);
    carts.append(
        ann,
        Key.of("log"),
        "c".getBytes(java.nio.charset.StandardCharsets.UTF_8),
        WriteOptions.DEFAULT);
    assertThat(carts.get(ann, Key.of("log")).orElseThrow().text()).isEqualTo("abc");
    carts.touch(ann, Key.of("log"), WriteOptions.DEFAULT.ttl(Duration.ofSeconds(3)));
    assertThat(carts.get(ann, Key.of("log")).orElseThrow().expiresAt()).isPresent();
    WriteResult gone = carts.delete(ann, Key.of("log"), WriteOptions.DEFAULT.returningPrevious());
    assertThat(gone.existed()).isTrue();
    assertThat(gone.previous().orElseThrow().text()).isEqualTo("abc");
    assertThat(carts.delete(ann, Key.of("log")).existed()).isFalse();
  }

  @Test
  void shouldKeepConditions() {
    Key ann = Key.of("ann");
    WriteOptions ifAbsent = WriteOptions.DEFAULT.onlyIf(Condition.absent());
    WriteResult first = carts.put(ann, Key.EMPTY, Value.of("1"), ifAbsent);
    assertThatThrownBy(() -> carts.put(ann, Key.EMPTY, Value.of("2"), ifAbsent))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONDITION_FAILED));
    WriteOptions ifVersion = WriteOptions.DEFAULT.onlyIf(new Condition.VersionIs(first.version()));
    carts.put(ann, Key.EMPTY, Value.of("3"), ifVersion);
    assertThat(carts.compareAndSet(ann, Key.EMPTY, Value.of("1"), Value.of("4"))).isFalse();
    assertThat(carts.compareAndSet(ann, Key.EMPTY, Value.of("3"), Value.of("4"))).isTrue();
    assertThat(carts.get(ann, Key.EMPTY).orElseThrow().text()).isEqualTo("4");
  }

  @Test
  void shouldScanPageByPageInBothDirections() {
    Key ann = Key.of("ann");
    for (int i = 0; i < 10; i++) {
      carts.put(ann, Key.of(i), Value.of("v" + i));
    }
    Page first = carts.scan(ann, ScanOptions.ALL.limit(4), ReadOptions.LINEARIZABLE);
    assertThat(first.items()).extracting(Item::text).containsExactly("v0", "v1", "v2", "v3");
    Page second =
        carts.scan(ann, ScanOptions.ALL.limit(4).after(first.cursor()), ReadOptions.EVENTUAL);
    assertThat(second.items()).extracting(Item::text).containsExactly("v4", "v5", "v6", "v7");
    List<String> seen = new ArrayList<>();
    carts
        .iterate(
            ann,
            ScanOptions.ALL.between(Key.of(2), Key.of(7)).reversed().limit(2),
            ReadOptions.LINEARIZABLE)
        .forEachRemaining(item -> seen.add(item.text()));
    assertThat(seen).containsExactly("v6", "v5", "v4", "v3", "v2");
  }

  @Test
  void shouldReadSeveralAndWriteBatches() {
    Key ann = Key.of("ann");
    List<WriteResult> results =
        henge.write(
            Batch.on(ann)
                .put("carts", Key.of("a"), Value.of("1"))
                .increment("carts", Key.of("n"), 7)
                .require("carts", Key.of("none"), Condition.absent()),
            WriteOptions.DEFAULT);
    assertThat(results).hasSize(3);
    assertThat(results.get(1).counter()).isEqualTo(7);
    List<Optional<Item>> read =
        carts.getAll(
            ann, List.of(Key.of("n"), Key.of("none"), Key.of("a")), ReadOptions.LINEARIZABLE);
    assertThat(read.get(0).orElseThrow().counter()).isEqualTo(7);
    assertThat(read.get(1)).isEmpty();
    assertThat(read.get(2).orElseThrow().text()).isEqualTo("1");
    Batch failing =
        Batch.on(ann)
            .put("carts", Key.of("a"), Value.of("2"))
            .require("carts", Key.of("a"), Condition.absent());
    assertThatThrownBy(() -> henge.write(failing, WriteOptions.DEFAULT))
        .isInstanceOf(HengeException.class);
    assertThat(carts.get(ann, Key.of("a")).orElseThrow().text()).isEqualTo("1");
  }

  @Test
  void shouldDoTheSameWithoutBlocking() {
    AsyncItemCollection async = carts.async();
    Key ann = Key.of("ann");
    String text =
        async
            .put(ann, Key.of("a"), Value.of("x"), WriteOptions.DEFAULT)
            .thenCompose(done -> async.get(ann, Key.of("a"), ReadOptions.LINEARIZABLE))
            .thenApply(item -> item.orElseThrow().text())
            .join();
    assertThat(text).isEqualTo("x");
  }
}
