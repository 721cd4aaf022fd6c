package io.henge.bench.copies;

import io.henge.client.ClientOptions;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import java.time.Duration;
import java.util.List;

/** A node with airlines, and with routes that follow their names; empty. */
final class FlightsNode implements AutoCloseable {
  private final Henge henge = Henge.embedded().shards(3).start();
  private final HengeClient client = HengeClient.connect(addresses(), ClientOptions.DEFAULT);

  /**
   * Starts it.
   *
   * @param routeId which member of a route is its id
   */
  FlightsNode(String routeId, Duration bound) {
    client
        .admin()
        .createCollection("airlines", CollectionOptions.documentsShardedBy("id").withId("id"));
    client
        .admin()
        .createCollection(
            "routes",
            CollectionOptions.documentsShardedBy("from")
                .withId(routeId)
                .withCopy(
                    Copy.from("airlines")
                        .field("name", "airline_name")
                        .into("routes")
                        .on("airline")
                        .followWithin(bound)));
  }

  HengeClient client() {
    return client;
  }

  List<String> addresses() {
    return List.of(henge.nodes().get(0).clientAddress());
  }

  String name() {
    return henge.nodes().get(0).name();
  }

  @Override
  public void close() {
    client.close();
    henge.close();
  }
}
