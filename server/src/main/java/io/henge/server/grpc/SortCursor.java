package io.henge.server.grpc;

import io.henge.api.error.HengeException;
import io.henge.document.find.SortOrder;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.replication.statemachine.Lookup;
import io.henge.replication.statemachine.StoredItem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A place in a sorted find: the values that a document is sorted by, and its key. On the wire an
 * array: for each value an array of it, empty if there is none; then the key in hex.
 */
final class SortCursor {
  private final List<@Nullable JsonValue> values;
  private final byte[] key;
  private final @Nullable StoredItem item;

  SortCursor(List<@Nullable JsonValue> values, StoredItem item) {
    this(values, item.key(), item);
  }

  private SortCursor(List<@Nullable JsonValue> values, byte[] key, @Nullable StoredItem item) {
    this.values = values;
    this.key = key;
    this.item = item;
  }

  /** The document, if this was not read from the wire. */
  StoredItem item() {
    return Objects.requireNonNull(item, "read from the wire");
  }

  int compare(SortCursor other, SortOrder order) {
    int byValues = order.compare(values, other.values);
    return byValues != 0 ? byValues : Arrays.compareUnsigned(key, other.key);
  }

  /** A place that a shard has got to. */
  static SortCursor of(Lookup.Place place) {
    return new SortCursor(place.values(), place.key(), null);
  }

  Lookup.Place place() {
    return new Lookup.Place(values, key);
  }

  byte[] encode() {
    List<Object> parts = new ArrayList<>();
    for (JsonValue value : values) {
      parts.add(value == null ? List.of() : List.of(value));
    }
    parts.add(HexFormat.of().formatHex(key));
    return Json.bytes(JsonValue.of(parts));
  }

  /**
   * From the wire.
   *
   * @param fields how many values a document is sorted by
   * @throws HengeException INVALID_ARGUMENT if it is no cursor of such a find
   */
  static SortCursor decode(byte[] wire, int fields) {
    try {
      if (Json.parse(wire) instanceof JsonArray parts
          && parts.size() == fields + 1
          && parts.get(fields) instanceof JsonText key) {
        List<@Nullable JsonValue> values = new ArrayList<>();
        for (int i = 0; i < fields; i++) {
          JsonArray value = (JsonArray) parts.get(i);
          values.add(value.size() == 0 ? null : value.get(0));
        }
        return new SortCursor(values, HexFormat.of().parseHex(key.value()), null);
      }
    } catch (HengeException | ClassCastException | IllegalArgumentException e) {
      // Said below.
    }
    throw HengeException.invalid(
        "cursor: the cursor of an earlier answer of this sorted find expected; hand it back"
            + " unchanged");
  }
}
