package io.henge.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Properties of a new collection.
 *
 * @param ttl after which its items expire by default; zero = never
 * @param divisible whether a boundary between shards may fall inside the items of one sharding key,
 *     so that these can grow beyond what one shard takes. A batch whose items lie on both sides of
 *     one is refused with INVALID_ARGUMENT, which names the boundary; reads and scans go on
 * @param ifAbsent succeed if it is there already with these properties
 * @param documents where its documents have their keys; null if it holds items
 */
public record CollectionOptions(
    Duration ttl, boolean divisible, boolean ifAbsent, @Nullable Documents documents) {

  /**
   * Where documents have their keys: paths of members, like {@code user_id} or {@code
   * address.city}.
   *
   * @param shardBy of the values of the sharding key, at least one
   * @param id of the values that tell documents of one sharding key apart, at least one
   * @param expireAt of the time when a document expires, in milliseconds since 1970; empty = none
   * @param indexes that the collection has from the beginning
   * @param copies that its documents hold from the beginning
   */
  public record Documents(
      List<String> shardBy,
      List<String> id,
      String expireAt,
      List<Index> indexes,
      List<Copy> copies) {
    public Documents {
      shardBy = List.copyOf(shardBy);
      id = List.copyOf(id);
      indexes = List.copyOf(indexes);
      copies = List.copyOf(copies);
    }

    /** Without indexes and copies. */
    public Documents(List<String> shardBy, List<String> id, String expireAt) {
      this(shardBy, id, expireAt, List.of(), List.of());
    }

    private Documents with(List<String> newId, String newExpireAt) {
      return new Documents(shardBy, newId, newExpireAt, indexes, copies);
    }
  }

  public CollectionOptions(Duration ttl, boolean divisible, boolean ifAbsent) {
    this(ttl, divisible, ifAbsent, null);
  }

  public static CollectionOptions defaults() {
    return new CollectionOptions(Duration.ZERO, false, false);
  }

  /** Of a collection of documents with these paths of the sharding key; its id is to follow. */
  public static CollectionOptions documentsShardedBy(String... paths) {
    return new CollectionOptions(
        Duration.ZERO, false, false, new Documents(List.of(paths), List.of(), ""));
  }

  /** With these paths of the documents' id. */
  public CollectionOptions withId(String... paths) {
    return with(requireDocuments().with(List.of(paths), requireDocuments().expireAt()));
  }

  /** With documents that say at this path when they expire. */
  public CollectionOptions expiringAt(String path) {
    return with(requireDocuments().with(requireDocuments().id(), path));
  }

  /** With one more index from the beginning. */
  public CollectionOptions withIndex(Index index) {
    Documents before = requireDocuments();
    List<Index> more = new ArrayList<>(before.indexes());
    more.add(index);
    return with(
        new Documents(before.shardBy(), before.id(), before.expireAt(), more, before.copies()));
  }

  /** With one more copy from the beginning, in documents of this collection. */
  public CollectionOptions withCopy(Copy copy) {
    Documents before = requireDocuments();
    List<Copy> more = new ArrayList<>(before.copies());
    more.add(copy);
    return with(
        new Documents(before.shardBy(), before.id(), before.expireAt(), before.indexes(), more));
  }

  public CollectionOptions onlyIfAbsent() {
    return new CollectionOptions(ttl, divisible, true, documents);
  }

  public CollectionOptions withTtl(Duration limit) {
    return new CollectionOptions(limit, divisible, ifAbsent, documents);
  }

  public CollectionOptions thatIsDivisible() {
    return new CollectionOptions(ttl, true, ifAbsent, documents);
  }

  private CollectionOptions with(Documents changed) {
    return new CollectionOptions(ttl, divisible, ifAbsent, changed);
  }

  private Documents requireDocuments() {
    if (documents == null) {
      throw new IllegalStateException("not of documents: begin with documentsShardedBy(...)");
    }
    return documents;
  }
}
