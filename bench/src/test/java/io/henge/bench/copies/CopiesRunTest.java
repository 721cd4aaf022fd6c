package io.henge.bench.copies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.HengeClient;
import io.henge.document.value.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class CopiesRunTest {
  private static final int ROUTES = 40;
  private static final int AIRLINES = 7;

  private final FlightsNode node = new FlightsNode("id", Duration.ofSeconds(5));
  private final HengeClient client = node.client();

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void shouldFindInCopiesWhatLookUpsFindAndCountWhatTheyCost() {
    DocumentCollection<JsonObject> airlines = client.documents("airlines");
    for (int i = 0; i < AIRLINES; i++) {
      airlines.insert(JsonObject.builder().put("id", i).put("name", "airline " + i).build());
    }
    DocumentCollection<JsonObject> routes = client.documents("routes");
    for (int i = 0; i < ROUTES; i++) {
      routes.insert(
          JsonObject.builder()
              .put("from", "ATL")
              .put("id", i)
              .put("to", "to " + i)
              .put("airline", i % AIRLINES)
              .build());
    }
    CopiesReport report =
        CopiesRun.run(node.addresses(), "routes", Key.of("ATL"), List.of("id", "to"), 10);
    assertThat(report.documents()).isEqualTo(ROUTES);
    assertThat(report.sources()).isEqualTo(AIRLINES);
    assertThat(report.shards()).isBetween(2, 3);
    assertThat(report.differing()).isZero();
    assertThat(report.withCopies().requests()).isEqualTo(1);
    assertThat(report.withLookUps().requests()).isEqualTo(1 + AIRLINES);
    assertThat(report.withCopies().bytes()).isGreaterThan(ROUTES);
    assertThat(report.withLookUps().bytes()).isGreaterThan(ROUTES);
    assertThat(report.withCopies().p50Micros()).isPositive();
  }

  @Test
  void shouldSayWhatIsMissingIfACollectionHasNoCopies() {
    client
        .admin()
        .createCollection("bare", CollectionOptions.documentsShardedBy("from").withId("id"));
    assertThatThrownBy(
            () -> CopiesRun.run(node.addresses(), "bare", Key.of("ATL"), List.of("id"), 1))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("no copies in documents of bare");
  }
}
