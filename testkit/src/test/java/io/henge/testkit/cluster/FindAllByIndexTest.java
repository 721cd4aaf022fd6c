package io.henge.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.testing.Seed;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindExplanation;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.Index;
import io.henge.client.Operations;
import io.henge.client.ReadOptions;
import io.henge.document.filter.Filter;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Finds over all shards, by an index or not as the shards choose, against a plain evaluation of the
 * same filters: with small pages, while shards are cut between them.
 */
@Tag("cluster")
@Timeout(180)
@HengeCluster(nodes = 1, shards = 2)
final class FindAllByIndexTest {
  private static final int FAMILIES = 60;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String[] STATES = {"open", "paid", "paid", "sent", "sent", "sent", "sent"};

  private final Random random = Seed.random("FindAllByIndexTest");

  @Test
  void shouldFindEachOnceWhileShardsAreCut(HengeClient client) {
    client.operations().set("auto-split", "off");
    client.operations().set("auto-merge", "off");
    client
        .admin()
        .createCollection(
            "orders",
            CollectionOptions.documentsShardedBy("user")
                .withId("order")
                .withIndex(Index.named("by_state").ascending("state").descending("n")));
    // Also rows that no index has, between them.
    client
        .admin()
        .createCollection("users", CollectionOptions.documentsShardedBy("user").withId("user"));
    DocumentCollection<JsonObject> orders = client.documents("orders");
    List<JsonObject> stored = new ArrayList<>();
    for (int user = 0; user < FAMILIES; user++) {
      client.documents("users").insert(Json.parseObject("{\"user\": " + user + "}"));
      for (int order = random.nextInt(15); order >= 0; order--) {
        stored.add(order(user, order));
      }
    }
    stored.forEach(orders::insert);
    await()
        .atMost(SOON)
        .until(() -> client.admin().indexes().stream().allMatch(index -> index.ready() == 1));
    int cuts = 0;
    boolean byIndex = false;
    boolean byScan = false;
    for (int run = 0; run < 40; run++) {
      String filter = filter();
      FindOptions find = FindOptions.ALL.where(filter).pageSize(1 + random.nextInt(20));
      for (FindExplanation how :
          orders.explainOnAllShards(find, ReadOptions.LINEARIZABLE).values()) {
        byIndex |= how.index().equals("by_state");
        byScan |= how.index().isEmpty();
      }
      List<JsonObject> found = new ArrayList<>();
      FindAllOptions places = FindAllOptions.DEFAULT.parallel(1 + random.nextInt(4));
      try (FindAll<JsonObject> all = orders.findAll(find, places)) {
        for (int i = random.nextInt(30); i >= 0 && all.hasNext(); i--) {
          found.add(all.next().document());
        }
        if (run % 7 == 0 && cut(client)) {
          cuts++;
        }
        while (all.hasNext()) {
          found.add(all.next().document());
        }
      }
      Filter condition = Filter.parse(filter);
      assertThat(found)
          .as(filter)
          .containsExactlyInAnyOrderElementsOf(stored.stream().filter(condition::test).toList());
    }
    assertThat(cuts).isPositive();
    assertThat(byIndex).isTrue();
    assertThat(byScan).isTrue();
    FindOptions open = FindOptions.ALL.where("state = \"open\"").pageSize(1_000);
    int matching = (int) stored.stream().filter(Filter.parse("state = \"open\"")::test).count();
    // Until the client knows the last cut.
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              Map<Long, FindExplanation> each =
                  orders.explainOnAllShards(open, ReadOptions.LINEARIZABLE);
              assertThat(each).hasSameSizeAs(client.admin().status().shards());
              assertThat(each.values().stream().mapToInt(FindExplanation::found).sum())
                  .isEqualTo(matching);
            });
  }

  private JsonObject order(int user, int order) {
    return Json.parseObject(
        "{\"user\": "
            + user
            + ", \"order\": \"o-"
            + order
            + "\", \"state\": \""
            + STATES[random.nextInt(STATES.length)]
            + "\", \"n\": "
            + random.nextInt(50)
            + "}");
  }

  private String filter() {
    String state = STATES[random.nextInt(STATES.length)];
    return switch (random.nextInt(5)) {
      case 0 -> "state = \"" + state + "\" and n > " + random.nextInt(50);
      case 1 -> "state in (\"open\", \"" + state + "\")";
      case 2 -> "n < " + random.nextInt(50);
      case 3 -> "state prefix \"" + state.charAt(0) + "\" and user >= 20";
      default -> "state = \"" + state + "\"";
    };
  }

  /** Cuts some shard; false if that one has nothing to be cut. */
  private boolean cut(HengeClient client) {
    List<ClusterStatus.Shard> shards = client.admin().status().shards();
    Operations.Operation begun =
        client.operations().split(shards.get(random.nextInt(shards.size())).id());
    await().atMost(SOON).until(() -> client.operations().get(begun.id()).state().isEnded());
    return client.operations().get(begun.id()).state() == Operations.State.DONE;
  }
}
