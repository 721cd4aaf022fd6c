package io.henge.client.internal;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.v1.CollectionRecord;
import io.henge.client.DocumentMapper;
import io.henge.client.DocumentOptions;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.value.JsonObject;
import io.henge.router.ShardMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is to be written to a collection of documents. The document, the patch and the options are
 * looked at at once; the keys follow when the map tells where documents have theirs. Thread-safe.
 */
final class DocumentWrites<T> {
  /** What a write does, once the keys are known. */
  record Write(
      Key shardingKey, Key sortKey, Action action, Condition condition, DocumentOptions options) {
    /** Refuses a time to live where it would mean nothing. */
    void requireExpiry() {
      boolean setsExpiry = action instanceof Action.Put;
      if (!setsExpiry && options.ttlMillis() != Action.TTL_DEFAULT) {
        throw HengeException.invalid(
            "ttl: only a whole document that is written says when it expires, found "
                + options.ttlMillis()
                + " ms with another operation; leave it out");
      }
    }
  }

  /** Where documents have their keys; of the collection of that id, which never changes it. */
  private record Known(int collectionId, DocumentLayout layout) {}

  private final String name;
  private final DocumentMapper<T> mapper;
  private volatile @Nullable Known known;

  DocumentWrites(String name, DocumentMapper<T> mapper) {
    this.name = name;
    this.mapper = mapper;
  }

  /** The sharding key that stands in a document. */
  Function<ShardMap, Key> shardingKey(T document) {
    JsonObject json = mapper.toDocument(document);
    return map -> layout(map).shardingKey(json);
  }

  /** The id that stands in a document. */
  Function<ShardMap, Key> id(T document) {
    JsonObject json = mapper.toDocument(document);
    return map -> layout(map).sortKey(json);
  }

  /** A document that is not there yet. */
  Function<ShardMap, Write> insertion(T document, DocumentOptions options) {
    if (!(options.condition() instanceof Condition.None)) {
      throw HengeException.invalid(
          "options: an insert has its own condition, that there is no document; leave the other"
              + " one out, or replace");
    }
    return put(document, Condition.absent(), options);
  }

  /** One in the place of another, unless the options say more. */
  Function<ShardMap, Write> replacement(T document, DocumentOptions options) {
    Condition condition = options.condition();
    return put(
        document, condition instanceof Condition.None ? Condition.present() : condition, options);
  }

  /** A whole document, if a condition holds. */
  Function<ShardMap, Write> put(T value, Condition condition, DocumentOptions options) {
    JsonObject document = mapper.toDocument(value);
    byte[] bytes = DocumentCodec.encode(document);
    return map -> {
      DocumentLayout layout = layout(map);
      return new Write(
          layout.shardingKey(document),
          layout.sortKey(document),
          new Action.Put(new Value.Document(bytes), options.ttlMillis()),
          condition,
          options);
    };
  }

  /** Takes a document away. */
  Function<ShardMap, Write> deletion(Key shardingKey, Key id, DocumentOptions options) {
    return map -> keyed(map, shardingKey, id, Action.Remove.REMOVE, options);
  }

  /** Changes a document that is there. */
  Function<ShardMap, Write> patching(
      Key shardingKey, Key id, Patch patch, DocumentOptions options) {
    Action action = new Action.Patch(new byte[0], PatchCodec.encode(patch));
    return map -> keyed(map, shardingKey, id, action, options);
  }

  /** Changes a document, or what is to be there if there is none. */
  Function<ShardMap, Write> patching(T initial, Patch patch, DocumentOptions options) {
    JsonObject document = mapper.toDocument(initial);
    Action action = new Action.Patch(DocumentCodec.encode(document), PatchCodec.encode(patch));
    return map -> {
      DocumentLayout layout = layout(map);
      return keyed(map, layout.shardingKey(document), layout.sortKey(document), action, options);
    };
  }

  private Write keyed(
      ShardMap map, Key shardingKey, Key id, Action action, DocumentOptions options) {
    layout(map).requireKeys(shardingKey, id);
    return new Write(shardingKey, id, action, options.condition(), options);
  }

  /** If the map has the collection; else a newer one shows whether there is one. */
  void requireShardingKey(ShardMap map, Key shardingKey) {
    if (map.collection(name) != null) {
      layout(map).requireShardingKey(shardingKey);
    }
  }

  private DocumentLayout layout(ShardMap map) {
    CollectionRecord collection = map.collection(name);
    if (collection == null) {
      throw new UnknownCollectionException(name, map);
    }
    Known last = known;
    if (last != null && last.collectionId == collection.getId()) {
      return last.layout;
    }
    if (!collection.hasDocuments()) {
      throw HengeException.invalid(
          "collection " + name + " holds items, not documents; use HengeClient.collection(...)");
    }
    DocumentLayout layout =
        DocumentLayout.of(
            collection.getDocuments().getShardPathsList(),
            collection.getDocuments().getIdPathsList(),
            collection.getDocuments().getTtlPath());
    known = new Known(collection.getId(), layout);
    return layout;
  }
}
