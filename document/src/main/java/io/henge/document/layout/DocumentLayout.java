package io.henge.document.layout;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the documents of a collection have their keys, and when they expire. Immutable.
 *
 * <p>The sharding key is the tuple of the values at the shard paths. The sort key is that of the
 * values at those id paths that are not shard paths: if there is none, the collection has one
 * document for each sharding key, under {@link Key#EMPTY}.
 *
 * <p>What this says of a document is part of the format of stored data: it never changes.
 */
public final class DocumentLayout {
  /** {@link #expiresAtMillis}: the document does not say. */
  public static final long NOT_SAID = -1;

  /** Latest time of expiry, in milliseconds since 1970. */
  public static final long TIME_MILLIS_MAX = (1L << 47) - 1;

  private final List<Path> shardPaths;
  private final List<Path> idPaths;
  private final List<Path> sortPaths;
  private final @Nullable Path ttlPath;

  private DocumentLayout(List<Path> shardPaths, List<Path> idPaths, @Nullable Path ttlPath) {
    this.shardPaths = shardPaths;
    this.idPaths = idPaths;
    this.ttlPath = ttlPath;
    List<Path> sort = new ArrayList<>(idPaths);
    sort.removeAll(shardPaths);
    this.sortPaths = List.copyOf(sort);
  }

  /**
   * A layout by the texts of its paths.
   *
   * @param shardPaths at least one
   * @param idPaths at least one
   * @param ttlPath empty = documents do not say when they expire
   * @throws HengeException INVALID_ARGUMENT if a path is none, goes through arrays, is there twice
   *     or leads into another one
   */
  public static DocumentLayout of(List<String> shardPaths, List<String> idPaths, String ttlPath) {
    List<Path> shard = paths("shard_paths", shardPaths);
    List<Path> id = paths("id_paths", idPaths);
    Path ttl = ttlPath.isEmpty() ? null : path("ttl_path", ttlPath);
    for (Path sharding : shard) {
      for (Path other : id) {
        if (!sharding.equals(other)) {
          requireApart("id_paths", sharding, other);
        }
      }
      requireApart("ttl_path", sharding, ttl);
    }
    for (Path other : id) {
      requireApart("ttl_path", other, ttl);
    }
    return new DocumentLayout(shard, id, ttl);
  }

  private static List<Path> paths(String field, List<String> texts) {
    if (texts.isEmpty()) {
      throw HengeException.invalid(field + ": at least one path expected, found none");
    }
    List<Path> paths = new ArrayList<>(texts.size());
    for (String text : texts) {
      Path path = path(field, text);
      for (Path other : paths) {
        requireApart(field, other, path);
      }
      paths.add(path);
    }
    return Collections.unmodifiableList(paths);
  }

  private static Path path(String field, String text) {
    Path path;
    try {
      path = Path.parse(text);
    } catch (HengeException e) {
      throw HengeException.invalid(field + ": " + e.getMessage());
    }
    boolean members =
        !path.isSelf() && path.steps().stream().allMatch(PathStep.Member.class::isInstance);
    if (!members) {
      throw HengeException.invalid(
          field + ": names of members expected, like address.city, found " + text);
    }
    return path;
  }

  private static void requireApart(String field, Path first, @Nullable Path second) {
    if (second == null) {
      return;
    }
    int common = Math.min(first.size(), second.size());
    if (first.steps().subList(0, common).equals(second.steps().subList(0, common))) {
      throw HengeException.invalid(
          field
              + ": "
              + second
              + (first.equals(second)
                  ? " is a key already"
                  : " and " + first + " lead into one another")
              + "; name another field");
    }
  }

  public List<Path> shardPaths() {
    return shardPaths;
  }

  public List<Path> idPaths() {
    return idPaths;
  }

  /** Paths of the sort key: the id paths that are not shard paths. */
  public List<Path> sortPaths() {
    return sortPaths;
  }

  /** Null if documents do not say when they expire. */
  public @Nullable Path ttlPath() {
    return ttlPath;
  }

  /**
   * The sharding key of a document.
   *
   * @throws HengeException INVALID_ARGUMENT if a value is missing or cannot be in a key
   */
  public Key shardingKey(JsonObject document) {
    return key(document, shardPaths);
  }

  /**
   * What a document is stored under within its sharding key.
   *
   * @throws HengeException INVALID_ARGUMENT if a value is missing or cannot be in a key
   */
  public Key sortKey(JsonObject document) {
    return key(document, sortPaths);
  }

  private static Key key(JsonObject document, List<Path> paths) {
    Object[] parts = new Object[paths.size()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = part(document, paths.get(i));
    }
    return Key.of(parts);
  }

  private static Object part(JsonObject document, Path path) {
    JsonValue value = at(document, path);
    Object part = KeyValues.toPart(value);
    if (part == null) {
      throw HengeException.invalid(
          path
              + ": a part of the document's key is a text, a whole number of 64 bits, or a boolean,"
              + " found "
              + (value == null ? "nothing" : KeyValues.shown(value)));
    }
    return part;
  }

  /**
   * A document that has nothing but its keys.
   *
   * @param shardingKey with as many parts as there are shard paths
   * @param sortKey with as many parts as there are {@link #sortPaths}
   * @throws HengeException INVALID_ARGUMENT if they have other parts
   */
  public JsonObject ofKeys(Key shardingKey, Key sortKey) {
    JsonObject document = fill(JsonObject.EMPTY, "sharding_key", shardPaths, shardingKey);
    return fill(document, "sort_key", sortPaths, sortKey);
  }

  /**
   * Whether keys can be those of a document of this layout.
   *
   * @throws HengeException INVALID_ARGUMENT if they cannot
   */
  public void requireKeys(Key shardingKey, Key sortKey) {
    requireShardingKey(shardingKey);
    requireParts("sort_key", sortPaths, sortKey.parts());
  }

  /**
   * Whether a key can be the sharding key of a document.
   *
   * @throws HengeException INVALID_ARGUMENT if it cannot
   */
  public void requireShardingKey(Key shardingKey) {
    requireParts("sharding_key", shardPaths, shardingKey.parts(), "");
  }

  private static JsonObject fill(JsonObject document, String field, List<Path> paths, Key key) {
    List<Object> parts = key.parts();
    requireParts(field, paths, parts);
    JsonObject filled = document;
    for (int i = 0; i < parts.size(); i++) {
      filled = with(filled, paths.get(i).steps(), 0, JsonValue.of(parts.get(i)));
    }
    return filled;
  }

  private static void requireParts(String field, List<Path> paths, List<Object> parts) {
    requireParts(
        field,
        paths,
        parts,
        parts.size() < paths.size()
            ? "; a find or scan shows all documents of a sharding key"
            : "");
  }

  private static void requireParts(
      String field, List<Path> paths, List<Object> parts, String remark) {
    if (parts.size() != paths.size()) {
      throw HengeException.invalid(
          field
              + ": "
              + paths.size()
              + (paths.size() == 1 ? " part expected " : " parts expected ")
              + paths
              + ", found "
              + parts.size()
              + remark);
    }
    for (int i = 0; i < parts.size(); i++) {
      if (!KeyValues.isPart(parts.get(i))) {
        throw HengeException.invalid(
            field
                + ": "
                + paths.get(i)
                + " is a text, a whole number or a boolean, found a part of another type");
      }
    }
  }

  private static JsonObject with(
      JsonObject object, List<PathStep> steps, int index, JsonValue value) {
    String name = ((PathStep.Member) steps.get(index)).name();
    if (index == steps.size() - 1) {
      return object.with(name, value);
    }
    JsonObject inner = object.get(name) instanceof JsonObject there ? there : JsonObject.EMPTY;
    return object.with(name, with(inner, steps, index + 1, value));
  }

  /**
   * When a document expires by what it says itself, in milliseconds since 1970; {@link #NOT_SAID}
   * if the field is missing or null.
   *
   * @throws HengeException INVALID_ARGUMENT if it is not a time
   */
  public long expiresAtMillis(JsonObject document) {
    return expiresAtMillis(PathReader.of(document));
  }

  /** The same from a reader, for example of a document in its binary form. */
  public long expiresAtMillis(PathReader document) {
    JsonValue value = ttlPath == null ? null : document.get(ttlPath);
    if (value == null || value instanceof JsonNull) {
      return NOT_SAID;
    }
    Long millis = value instanceof JsonNumber number ? KeyValues.whole(number) : null;
    if (millis == null || millis < 0 || millis > TIME_MILLIS_MAX) {
      throw HengeException.invalid(
          Objects.requireNonNull(ttlPath)
              + ": the time when the document expires is a whole number of milliseconds since"
              + " 1970, 0 to "
              + TIME_MILLIS_MAX
              + ", found "
              + KeyValues.shown(value));
    }
    return millis;
  }

  private static @Nullable JsonValue at(JsonObject document, Path path) {
    JsonValue value = document;
    for (PathStep step : path.steps()) {
      value =
          value instanceof JsonObject object ? object.get(((PathStep.Member) step).name()) : null;
    }
    return value;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DocumentLayout layout
        && shardPaths.equals(layout.shardPaths)
        && idPaths.equals(layout.idPaths)
        && Objects.equals(ttlPath, layout.ttlPath);
  }

  @Override
  public int hashCode() {
    return Objects.hash(shardPaths, idPaths, ttlPath);
  }

  @Override
  public String toString() {
    return "shard by "
        + shardPaths
        + " id "
        + idPaths
        + (ttlPath == null ? "" : " expiring at " + ttlPath);
  }
}
