package io.henge.server.copies;

import static io.henge.server.copies.ProductsAndOrders.document;
import static io.henge.server.copies.ProductsAndOrders.idOf;
import static io.henge.server.copies.ProductsAndOrders.name;
import static io.henge.server.copies.ProductsAndOrders.order;
import static io.henge.server.copies.ProductsAndOrders.product;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.PhysicalKey;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.replication.statemachine.CopyAudit;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.ItemReader;
import io.henge.replication.statemachine.StoredItem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** What must be true of copies: some of it at every moment, the rest when all is quiet. */
final class CopyInvariants {
  private static final byte[] NONE = new byte[0];

  private final SimulatedRing ring;
  private final boolean nulls;

  /** Every state that a product ever had: none is an empty one. */
  private final Map<String, NavigableMap<Long, Optional<String>>> history = new HashMap<>();

  private boolean damaged;

  /**
   * Of the copies on a ring.
   *
   * @param nulls whether a copy of what is deleted is null
   */
  CopyInvariants(SimulatedRing ring, boolean nulls) {
    this.ring = ring;
    this.nulls = nulls;
  }

  /** Until all is quiet again something is wrong, and is meant to be. */
  void suspend() {
    damaged = true;
  }

  /** A product's state, once more, when its shard has applied something. */
  void note(byte[] key) {
    if (PhysicalKey.collectionId(key) != ProductsAndOrders.PRODUCTS) {
      return;
    }
    StoredItem item = ring.item(key);
    if (item != null) {
      history
          .computeIfAbsent(idOf(key), any -> new TreeMap<>())
          .put(item.version(), Optional.of(name(document(item))));
    }
  }

  /** Invariants 4 and 5, at every moment. */
  void check() {
    if (damaged) {
      return;
    }
    for (SimulatedShard shard : ring.shards()) {
      List<CopyAudit.Held> held =
          shard.read(view -> CopyAudit.held(view, shard.state(), NONE, 10_000));
      for (CopyAudit.Held copy : held) {
        checkShown(shard, copy);
        checkWatched(shard, copy);
      }
    }
  }

  private void checkShown(SimulatedShard shard, CopyAudit.Held copy) {
    SimulatedShard source = ring.shardFor(copy.source().key());
    assertThat(copy.version())
        .as("not newer than its source")
        .isLessThanOrEqualTo(source.state().version());
    String id = idOf(copy.source().key());
    Optional<String> state = stateAt(id, copy.version());
    if (state.isEmpty()) {
      return;
    }
    for (JsonObject item : items(shard, copy.holder())) {
      if (item.get("p") instanceof JsonText p && p.value().equals(id)) {
        assertThat(item.get("name"))
            .as("what the source was at that version")
            .isEqualTo(new JsonText(state.get()));
      }
    }
  }

  private void checkWatched(SimulatedShard shard, CopyAudit.Held copy) {
    if (shard.read(view -> CopyAudit.isOutgoing(view, copy.source()))) {
      return;
    }
    SimulatedShard source = ring.shardFor(copy.source().key());
    List<CopyWork.Target> watched = source.read(view -> CopyAudit.watched(view, copy.source()));
    assertThat(watched)
        .as("the source knows where its holder is, or the shard is about to tell it")
        .anyMatch(target -> target.range().contains(copy.holder()));
    StoredItem item = ring.item(copy.source().key());
    if (item != null && item.version() > copy.version()) {
      String shown = stateAt(idOf(copy.source().key()), copy.version()).orElse(null);
      boolean waiting = source.read(view -> CopyAudit.isWaiting(view, copy.source()));
      assertThat(waiting || name(document(item)).equals(shown))
          .as("an older copy of a watched source, and nothing that will send it")
          .isTrue();
    }
  }

  private Optional<String> stateAt(String id, long version) {
    return history.getOrDefault(id, new TreeMap<>()).getOrDefault(version, Optional.empty());
  }

  private static List<JsonObject> items(SimulatedShard shard, byte[] key) {
    StoredItem item = shard.read(view -> ItemReader.get(view, key));
    List<JsonObject> items = new ArrayList<>();
    if (item != null && document(item).get("items") instanceof JsonArray array) {
      for (JsonValue value : array.elements()) {
        items.add((JsonObject) value);
      }
    }
    return items;
  }

  /** When all is quiet: every copy is what its source says. */
  void checkSettled() {
    damaged = false;
    check();
    for (int i = 0; i < CopyWriters.ORDERS; i++) {
      byte[] key = order(i);
      for (JsonObject item : items(ring.shardFor(key), key)) {
        StoredItem source =
            ring.item(product(((JsonText) Objects.requireNonNull(item.get("p"))).value()));
        JsonValue copy = item.get("name");
        if (source != null) {
          assertThat(copy).isEqualTo(document(source).get("name"));
        } else if (nulls) {
          assertThat(copy).isEqualTo(JsonNull.NULL);
        }
      }
    }
  }
}
