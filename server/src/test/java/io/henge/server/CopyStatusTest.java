package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.FeatureLevel;
import io.henge.api.key.Key;
import io.henge.client.CopiesStatus;
import io.henge.client.Copy;
import io.henge.client.CopyInfo;
import io.henge.client.DocumentCollection;
import io.henge.client.FamilyItem;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is told of copies of documents on other shards, on real nodes. */
@Timeout(300)
class CopyStatusTest {
  private static final Duration BOUND = Duration.ofSeconds(5);

  @TempDir private Path directory;

  @Test
  void shouldTellHowCopiesKeepUp() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 2, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      Flights.create(client);
      int copy =
          client
              .admin()
              .createCopy(
                  Copy.parse("copy airlines(name) into routes.airline on id follow within 5s"));
      client.admin().createCopy(Copy.parse("copy airlines.routes = count(routes)"));
      DocumentCollection<JsonObject> airlines = client.documents("airlines");
      DocumentCollection<JsonObject> routes = client.documents("routes");
      airlines.insert(Json.parseObject("{\"id\":\"a0\",\"name\":\"before\"}"));
      for (int i = 0; i < 300; i++) {
        routes.insert(Flights.route("X" + i, "r" + i, "a0"));
      }
      CopiesStatus.Figures calm = awaitStatus(client, copy, one -> one.outboxRows() == 0);
      assertThat(calm.holders()).isEqualTo(300);
      assertThat(calm.moreHolders()).isFalse();
      assertThat(calm.bound()).isEqualTo(Duration.ofSeconds(5));
      assertThat(calm.lag()).isZero();
      assertThat(calm.fanoutRows()).isZero();
      assertThat(calm.oldest()).isEmpty();
      assertThat(calm.shards()).hasSize(4);
      assertThat(calm.shards().stream().mapToLong(CopiesStatus.Shard::holders).sum())
          .isEqualTo(300);

      // What has been changed is paid for afterwards: the change after the first slow one waits.
      client.operations().set("copy-rate-max", "10");
      AtomicInteger name = new AtomicInteger();
      await()
          .atMost(60, TimeUnit.SECONDS)
          .until(
              () -> {
                String next = "after " + name.incrementAndGet();
                airlines.patch(Key.of("a0"), Key.EMPTY, Patches.set("name", next));
                CopiesStatus.Figures now = awaitStatus(client, copy, one -> true);
                return now.fanoutRows() == 1 && now.lag().toMillis() > 500;
              });
      CopiesStatus.Figures busy = awaitStatus(client, copy, one -> one.holdersChanged() > 0);
      assertThat(busy.lag()).isPositive();
      assertThat(busy.worstLag()).isGreaterThanOrEqualTo(busy.lag());
      assertThat(busy.oldest())
          .contains(new CopiesStatus.Source("airlines", Key.of("a0"), Key.EMPTY));
      awaitMetric(cluster, "henge_fanout_rows\\{shard=\"\\d+\"} 1\\.0");
      awaitMetric(cluster, "henge_copy_waiting_seconds\\{rule=\"" + copy + "\"} [1-9]");
      awaitMetric(cluster, "henge_copy_bound_seconds\\{rule=\"" + copy + "\"} 5\\.0");

      CopiesStatus all = client.admin().copiesStatus("");
      assertThat(all.silentNodes()).isEmpty();
      assertThat(all.silentShards()).isEmpty();
      assertThat(all.copies()).hasSize(2);
      assertThat(all.copies().get(0).follows()).as("totals are always right").isFalse();
      HengeNode gone = cluster.nodes().get(1);
      cluster.forget(gone);
      gone.kill();
      assertThat(client.admin().copiesStatus("").silentNodes()).containsExactly(gone.name());
    }
  }

  @Test
  void shouldTellReadersWhatCopiesShow() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      Flights.create(client);
      int follow =
          client
              .admin()
              .createCopy(
                  Copy.parse("copy airlines(name) into routes.airline on id follow within 5s"));
      int snapshot =
          client
              .admin()
              .createCopy(Copy.parse("copy airlines(alias as old) into routes on code at write"));
      DocumentCollection<JsonObject> airlines = client.documents("airlines");
      DocumentCollection<JsonObject> routes = client.documents("routes");
      airlines.insert(Json.parseObject("{\"id\":\"a0\",\"name\":\"before\",\"alias\":\"x\"}"));
      JsonObject route = Flights.route("X1", "r1", "a0").with("code", new JsonText("a0"));
      routes.insert(route);
      routes.insert(Flights.route("X1", "r2", "none"));
      Key family = Key.of("X1");
      ReadOptions told = ReadOptions.LINEARIZABLE.withCopyInfo();
      assertThat(routes.get(family, Key.of("r1")).orElseThrow().copies()).isEmpty();

      Instant began = Instant.ofEpochMilli(cluster.control().clockMillis());
      long version = airlines.patch(Key.of("a0"), Key.EMPTY, Patches.set("name", "now")).version();
      CopyInfo info =
          await()
              .atMost(60, TimeUnit.SECONDS)
              .until(
                  () -> followed(routes.get(family, Key.of("r1"), told).orElseThrow().copies()),
                  one -> one.completeUntil().filter(began::isBefore).isPresent());
      assertThat(info.id()).isEqualTo(follow);
      assertThat(info.target()).isEqualTo("airline");
      assertThat(info.fields()).containsExactly("name");
      assertThat(info.source())
          .isEqualTo(new CopiesStatus.Source("airlines", Key.of("a0"), Key.EMPTY));
      assertThat(info.registered()).isTrue();
      assertThat(info.version()).as("what is complete has it").isEqualTo(version);
      assertThat(info.written()).contains(Instant.ofEpochMilli(version >>> 16));
      assertThat(info.bound()).isEqualTo(BOUND);

      Stored<JsonObject> found =
          routes
              .find(family, FindOptions.ALL.where("id = \"r1\"").fields("airline.name"), told)
              .next();
      assertThat(found.document()).hasToString("{\"airline\":{\"name\":\"now\"}}");
      assertThat(followed(found.copies()).version()).isEqualTo(version);
      CopyInfo taken =
          found.copies().stream().filter(one -> !one.follows()).findFirst().orElseThrow();
      assertThat(taken.id()).isEqualTo(snapshot);
      assertThat(taken.version()).isZero();
      assertThat(taken.completeUntil()).isEmpty();

      CopyInfo none = followed(routes.get(family, Key.of("r2"), told).orElseThrow().copies());
      assertThat(none.source().shardingKey()).isEqualTo(Key.of("none"));
      Iterator<FamilyItem> all = client.family(family, told);
      assertThat(followed(all.next().item().copies()).version()).isEqualTo(version);
      assertThat(routes.findOnAllShards(FindOptions.ALL, told).next().copies()).isNotEmpty();
      assertThat(routes.find(family, FindOptions.ALL.descending("id"), told).next().copies())
          .as("of r2, sorted")
          .extracting(one -> one.source().shardingKey())
          .containsExactly(Key.of("none"));
    }
  }

  private static CopyInfo followed(List<CopyInfo> copies) {
    return copies.stream().filter(CopyInfo::follows).findFirst().orElseThrow();
  }

  private static CopiesStatus.Figures awaitStatus(
      HengeClient client, int copy, Predicate<CopiesStatus.Figures> wanted) {
    return await()
        .atMost(60, TimeUnit.SECONDS)
        .until(
            () ->
                client.admin().copiesStatus("routes").copies().stream()
                    .filter(one -> one.status().id() == copy)
                    .findFirst()
                    .orElseThrow(),
            wanted);
  }

  private static void awaitMetric(ReshapeCluster cluster, String pattern) {
    Pattern line = Pattern.compile("^" + pattern, Pattern.MULTILINE);
    await()
        .atMost(60, TimeUnit.SECONDS)
        .until(
            () ->
                cluster.nodes().stream()
                    .anyMatch(node -> line.matcher(Scrape.of(node.httpAddress())).find()));
  }
}
