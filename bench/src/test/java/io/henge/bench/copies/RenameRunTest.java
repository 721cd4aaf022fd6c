package io.henge.bench.copies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.DocumentCollection;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class RenameRunTest {
  private static final int AIRPORTS = 20;
  private static final int ROUTES = 10;

  @TempDir private Path directory;
  private final List<String> progress = new ArrayList<>();
  private final FlightsNode node = new FlightsNode("line", Duration.ofSeconds(60));
  private final HengeClient client = node.client();

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void shouldRenameAndLeaveEverythingAsItWas() throws Exception {
    DocumentCollection<JsonObject> airlines = client.documents("airlines");
    airlines.insert(JsonObject.builder().put("id", 1).put("name", "One").build());
    airlines.insert(JsonObject.builder().put("id", 2).put("name", "Two").build());
    DocumentCollection<JsonObject> routes = client.documents("routes");
    for (int i = 0; i < AIRPORTS * ROUTES; i++) {
      routes.insert(
          JsonObject.builder()
              .put("from", i % AIRPORTS)
              .put("line", i)
              .put("airline", 1 + i % 3 % 2)
              .build());
    }
    long followers = followers(routes);
    Path midway = directory.resolve("midway");
    Path after = directory.resolve("after");
    RenameReport report =
        RenameRun.run(
            options("echo $HENGE_ROUND $HENGE_LEADER >>" + midway, "echo $HENGE_ROUND >>" + after),
            progress::add);

    assertThat(report.boundMillis()).isEqualTo(60_000);
    assertThat(report.rounds()).extracting(RenameReport.Round::round).containsExactly(1, 2);
    assertThat(report.rounds())
        .allSatisfy(
            round -> {
              assertThat(round.copies()).isGreaterThanOrEqualTo((int) followers);
              assertThat(round.wrong()).isZero();
              assertThat(round.lagMillis()).isBetween(0L, report.worstLagMillis());
              assertThat(round.rightAtMidway()).isBetween(1, round.copies());
            });
    assertThat(report.rounds().get(0).splitShard()).isZero();
    assertThat(report.rounds().get(1).splitShard()).isPositive();
    assertThat(client.admin().status().shards()).hasSize(4);
    assertThat(report.load().writes()).isPositive();
    assertThat(report.load().errors()).as("%s", progress).isZero();
    assertThat(report.verified().documents()).isEqualTo(2 + AIRPORTS * ROUTES);
    assertThat(report.isGood()).isTrue();

    String leader = node.name();
    assertThat(midway).hasContent("1 " + leader + "\n2 " + leader + "\n");
    assertThat(after).hasContent("1\n2\n");
    assertThat(airlines.get(Key.of(1)).orElseThrow().document().get("name"))
        .isEqualTo(new JsonText("One"));
    assertThat(followers(routes)).as("whatever the load has put is gone").isEqualTo(followers);
  }

  @Test
  void shouldStopIfItsCommandFails() {
    client
        .documents("airlines")
        .insert(JsonObject.builder().put("id", 1).put("name", "One").build());
    client
        .documents("routes")
        .insert(JsonObject.builder().put("from", 1).put("line", 1).put("airline", 1).build());
    assertThatThrownBy(() -> RenameRun.run(options("", "exit 3"), progress::add))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ended with 3");
    assertThat(Files.exists(directory.resolve("midway"))).isFalse();
  }

  @Test
  void shouldSayWhatIsMissing() {
    assertThatThrownBy(() -> RenameRun.run(options("", ""), progress::add))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("no airlines with a text in name");
    client
        .documents("airlines")
        .insert(JsonObject.builder().put("id", 1).put("name", "One").build());
    assertThatThrownBy(() -> RenameRun.run(options("", ""), progress::add))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("no document of routes follows it");
  }

  private RenameOptions options(String midway, String after) {
    return new RenameOptions(
        node.addresses(),
        "airlines",
        Key.of(1),
        "routes",
        2,
        Set.of(2),
        midway,
        after,
        100,
        2,
        0,
        Duration.ofMillis(200));
  }

  private static long followers(DocumentCollection<JsonObject> routes) {
    return routes
        .totalsOnAllShards("", FindOptions.ALL.where("airline = 1"), ReadOptions.LINEARIZABLE)
        .count();
  }
}
