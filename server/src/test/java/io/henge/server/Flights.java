package io.henge.server;

import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.HengeClient;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;

/** Airlines, and the routes that name them. */
final class Flights {
  private Flights() {}

  /** Both collections, empty; routes have these copies. */
  static void create(HengeClient client, Copy... copies) {
    client
        .admin()
        .createCollection("airlines", CollectionOptions.documentsShardedBy("id").withId("id"));
    CollectionOptions routes = CollectionOptions.documentsShardedBy("from").withId("id");
    for (Copy copy : copies) {
      routes = routes.withCopy(copy);
    }
    client.admin().createCollection("routes", routes);
  }

  static JsonObject route(String airport, String id, String airline) {
    return Json.parseObject(
        "{\"from\":\""
            + airport
            + "\",\"id\":\""
            + id
            + "\",\"airline\":{\"id\":\""
            + airline
            + "\"}}");
  }
}
