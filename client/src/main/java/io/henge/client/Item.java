package io.henge.client;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An item as it was read.
 *
 * @param version rises with every change of the item, for ever
 * @param expiresAt when it expires, in the shard's replicated time
 * @param copies of a document: what its copies from other shards show, if that was asked for:
 *     {@link ReadOptions#withCopyInfo}
 */
public record Item(
    Key shardingKey,
    Key sortKey,
    Value value,
    long version,
    Optional<Instant> expiresAt,
    List<CopyInfo> copies) {
  public Item {
    copies = List.copyOf(copies);
  }

  public Item(
      Key shardingKey, Key sortKey, Value value, long version, Optional<Instant> expiresAt) {
    this(shardingKey, sortKey, value, version, expiresAt, List.of());
  }

  /** The bytes of the value; a counter as decimal digits, a document as JSON. */
  public byte[] bytes() {
    if (value instanceof Value.Data data) {
      return data.bytes();
    }
    return value instanceof Value.Document
        ? Json.bytes(document())
        : Long.toString(counter()).getBytes(StandardCharsets.US_ASCII);
  }

  /** The value as text; a counter as decimal digits, a document as JSON. */
  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** The value of a counter. */
  public long counter() {
    if (value instanceof Value.Counter counter) {
      return counter.value();
    }
    throw new IllegalStateException("the value is no counter, but " + value);
  }

  /** The document, if the item is one. */
  public JsonObject document() {
    if (value instanceof Value.Document document) {
      return DocumentCodec.decode(document.bytes());
    }
    throw new IllegalStateException("the value is no document, but " + value);
  }
}
