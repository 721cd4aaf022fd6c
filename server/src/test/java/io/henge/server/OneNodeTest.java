package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.Batch;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OneNodeTest {
  @TempDir private Path directory;

  @Test
  void shouldServeWhatItWasGiven() {
    try (Henge henge = Henge.embedded().directory(directory).start()) {
      HengeClient client = henge.client();
      client.admin().createCollection("carts", CollectionOptions.defaults());
      ItemCollection carts = client.collection("carts");
      for (int i = 0; i < 10; i++) {
        carts.put(Key.of("ann"), Key.of(i), Value.of("item " + i));
      }
      assertThat(carts.get(Key.of("ann"), Key.of(3)).orElseThrow().text()).isEqualTo("item 3");
      assertThat(carts.get(Key.of("ann"), Key.of(99))).isEmpty();
      assertThat(carts.increment(Key.of("n"), Key.EMPTY, 5).counter()).isEqualTo(5);
      List<WriteResult> results =
          client.write(
              Batch.on(Key.of("ann"))
                  .put("carts", Key.of(3), Value.of("changed"))
                  .delete("carts", Key.of(4)),
              WriteOptions.DEFAULT);
      assertThat(results).hasSize(2);
      List<String> found =
          carts.scan(Key.of("ann"), ScanOptions.ALL, ReadOptions.LINEARIZABLE).items().stream()
              .map(Item::text)
              .toList();
      assertThat(found)
          .containsExactly(
              "item 0", "item 1", "item 2", "changed", "item 5", "item 6", "item 7", "item 8",
              "item 9");
    }
  }

  @Test
  void shouldHaveEverythingAfterARestart() {
    String id;
    String address;
    try (Henge henge = Henge.embedded().directory(directory).shards(3).start()) {
      henge.client().admin().createCollection("carts", CollectionOptions.defaults());
      for (int i = 0; i < 50; i++) {
        henge.client().collection("carts").put(Key.of("key" + i), Key.EMPTY, Value.of("v" + i));
      }
      id = henge.nodes().get(0).id();
      address = henge.nodes().get(0).clientAddress();
    }
    try (Henge henge = Henge.embedded().directory(directory).start()) {
      assertThat(henge.nodes().get(0).id()).isEqualTo(id);
      assertThat(henge.nodes().get(0).clientAddress()).isEqualTo(address);
      ItemCollection carts = henge.client().collection("carts");
      for (int i = 0; i < 50; i++) {
        assertThat(carts.get(Key.of("key" + i), Key.EMPTY).orElseThrow().text()).isEqualTo("v" + i);
      }
    }
  }

  @Test
  void shouldHaveEverythingAfterAKill() {
    try (Henge henge = Henge.embedded().directory(directory).start()) {
      henge.client().admin().createCollection("carts", CollectionOptions.defaults());
      ItemCollection carts = henge.client().collection("carts");
      for (int i = 0; i < 50; i++) {
        carts.put(Key.of("key" + i), Key.EMPTY, Value.of("v" + i));
      }
      henge.kill("n1");
      assertThat(henge.nodes()).isEmpty();
      henge.restart("n1");
      for (int i = 0; i < 50; i++) {
        assertThat(carts.get(Key.of("key" + i), Key.EMPTY).orElseThrow().text()).isEqualTo("v" + i);
      }
    }
  }

  @Test
  void shouldNameAnUnknownCollection() {
    try (Henge henge = Henge.embedded().directory(directory).start()) {
      assertThatThrownBy(
              () -> henge.client().collection("none").put(Key.of("a"), Key.EMPTY, Value.of("b")))
          .isInstanceOfSatisfying(
              HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
          .hasMessageContaining("none");
    }
  }
}
