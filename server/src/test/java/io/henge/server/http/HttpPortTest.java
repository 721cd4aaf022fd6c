package io.henge.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.FindOptions;
import io.henge.client.Index;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.server.Henge;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HttpPortTest {
  private static HttpResponse<String> get(String address, String path)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + address + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void shouldCountWhatItServes() throws Exception {
    try (Henge henge = Henge.embedded().start()) {
      henge.client().admin().createCollection("carts", CollectionOptions.defaults());
      for (int i = 0; i < 12; i++) {
        henge.client().collection("carts").put(Key.of(i), Key.EMPTY, Value.of(i));
      }
      String http = henge.nodes().get(0).httpAddress();
      HttpResponse<String> metrics = get(http, "/metrics");
      assertThat(metrics.statusCode()).isEqualTo(200);
      assertThat(metrics.body())
          .contains("henge_shard_writes_total{shard=\"1\"} 12.0")
          .contains("henge_requests_seconds_count{kind=\"write\",outcome=\"OK\",via=\"local\"} 12")
          .contains("henge_shard_leader{shard=\"1\"} 1.0");
      // Each of the writes waited for the one before, so none shared an entry.
      assertThat(metrics.body())
          .contains("henge_shard_entry_writes_count{shard=\"1\"} 12\n")
          .contains("henge_shard_entry_writes_sum{shard=\"1\"} 12.0\n")
          .contains("henge_shard_entry_writes_bucket{shard=\"1\",le=\"1.0\"} 12\n");
      String shard = "{shard=\"1\"}";
      assertThat(sample(metrics.body(), "henge_shard_entries_total" + shard))
          .isGreaterThanOrEqualTo(12);
      assertThat(sample(metrics.body(), "henge_shard_entry_bytes_count" + shard))
          .isGreaterThanOrEqualTo(12);
      assertThat(sample(metrics.body(), "henge_shard_entry_bytes_sum" + shard))
          .isBetween(12 * 50.0, 100_000.0);
      assertThat(sample(metrics.body(), "henge_shard_apply_seconds_count" + shard))
          .isGreaterThanOrEqualTo(12);
      assertThat(sample(metrics.body(), "henge_shard_proposal_seconds_count" + shard))
          .isGreaterThanOrEqualTo(12);
      assertThat(sample(metrics.body(), "henge_shard_apply_seconds_sum" + shard))
          .isGreaterThan(0)
          .isLessThan(sample(metrics.body(), "henge_shard_proposal_seconds_sum" + shard));
      for (Metric metric : Metric.values()) {
        if (!metric.tags().startsWith("rule")) {
          // Those of a rule are there once it has done something.
          assertThat(metrics.body()).contains(metric.prometheusName());
        }
      }

      HttpResponse<String> health = get(http, "/healthz");
      assertThat(health.statusCode()).isEqualTo(200);
      assertThat(health.body()).contains("\"status\":\"serving\"").contains("\"name\":\"n1\"");
      assertThat(get(http, "/nothing").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void shouldCountWhatBecomesOfDocuments() throws Exception {
    try (Henge henge = Henge.embedded().start()) {
      henge
          .client()
          .admin()
          .createCollection("orders", CollectionOptions.documentsShardedBy("u").withId("o"));
      DocumentCollection<JsonObject> orders = henge.client().documents("orders");
      for (int i = 0; i < 5; i++) {
        orders.insert(Json.parseObject("{\"u\":1,\"o\":" + i + ",\"n\":" + i + "}"));
      }
      Key user = Key.of(1);
      orders.patch(user, Key.of(1), Patches.inc("n", 1).set("more", "x"));
      orders.patch(user, Key.of(1), Patches.set("more", "x"));
      assertThatThrownBy(() -> orders.patch(user, Key.of(1), Patches.inc("more", 1)))
          .hasMessageContaining("more");
      orders.delete(user, Key.of(4));
      orders.delete(user, Key.of(4));
      assertThat(orders.find(user, FindOptions.ALL.where("n > 2")).next().document().toString())
          .contains("\"o\":3");
      String metrics = get(henge.nodes().get(0).httpAddress(), "/metrics").body();
      String writes = "henge_document_writes_total{kind=\"%s\",shard=\"1\"}";
      assertThat(sample(metrics, String.format(writes, "put"))).isEqualTo(5);
      assertThat(sample(metrics, String.format(writes, "patch"))).isEqualTo(1);
      assertThat(sample(metrics, String.format(writes, "patch_unchanged"))).isEqualTo(1);
      assertThat(sample(metrics, String.format(writes, "delete"))).isEqualTo(1);
      assertThat(sample(metrics, "henge_patch_steps_total{shard=\"1\"}")).isBetween(3.0, 30.0);
      assertThat(sample(metrics, "henge_patched_bytes_total{shard=\"1\"}")).isBetween(60.0, 300.0);
      assertThat(sample(metrics, "henge_find_rows_looked_at_total")).isEqualTo(4);
      assertThat(sample(metrics, "henge_find_rows_total")).isEqualTo(1);

      henge.client().admin().createIndex("orders", Index.named("by_n").ascending("n"));
      String http = henge.nodes().get(0).httpAddress();
      await()
          .atMost(30, TimeUnit.SECONDS)
          .until(
              () -> {
                String now = get(http, "/metrics").body();
                return sample(now, "henge_fill_documents_total{shard=\"1\"}") == 4
                    && sample(now, "henge_fills_running{shard=\"1\"}") == 0;
              });
      henge.client().admin().keepChanges("orders", Duration.ofHours(1));
      orders.insert(Json.parseObject("{\"u\":1,\"o\":9,\"n\":9}"));
      await()
          .atMost(30, TimeUnit.SECONDS)
          .until(
              () ->
                  sample(get(http, "/metrics").body(), "henge_changes_oldest_seconds{shard=\"1\"}")
                      > 0);
    }
  }

  private static double sample(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " is not among " + metrics));
  }

  @Test
  void shouldDocumentEveryMetric() throws IOException {
    Path page = Path.of("..", "docs", "operations", "metrics.md");
    if (Boolean.getBoolean("henge.docs.write")) {
      Files.createDirectories(page.getParent());
      Files.writeString(page, Metric.reference(), StandardCharsets.UTF_8);
    }
    assertThat(page).content(StandardCharsets.UTF_8).isEqualTo(Metric.reference());
  }

  @Test
  void shouldSayWhyItDoesNotServe() {
    Health health = new Health(false, "0123", "n\"1", java.util.List.of("shard 1 has\nstopped"));
    assertThat(health.toJson())
        .isEqualTo(
            "{\"status\":\"not serving\",\"node\":\"0123\",\"name\":\"n\\\"1\","
                + "\"reasons\":[\"shard 1 has\\u000astopped\"]}\n");
  }
}
