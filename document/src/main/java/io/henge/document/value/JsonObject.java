package io.henge.document.value;

import io.henge.api.error.HengeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Members by name: each name once, in the order in which they were given. */
public final class JsonObject implements JsonValue {
  public static final JsonObject EMPTY = new JsonObject(List.of(), List.of());

  /** Up to this many members, looking at each is faster than anything else. */
  private static final int SCANNED_MAX = 8;

  private final List<String> names;
  private final List<JsonValue> values;
  private final int depth;
  private final int weight;
  private final int longest;

  /** Indexes of members sorted by name; made when first needed. */
  private volatile int @Nullable [] sorted;

  private JsonObject(List<String> names, List<JsonValue> values) {
    this.names = names;
    this.values = values;
    Parts parts = new Parts();
    for (int i = 0; i < values.size(); i++) {
      parts.add(values.get(i));
      parts.weigh(names.get(i).length() / 64);
    }
    this.depth = parts.depth();
    this.weight = parts.weight();
    this.longest = parts.longest();
  }

  /**
   * An object of Java values; see {@link JsonValue#of}.
   *
   * @throws HengeException INVALID_ARGUMENT if a value has no JSON form
   */
  public static JsonObject of(Map<String, ? extends @Nullable Object> members) {
    return (JsonObject) JsonValue.of(members);
  }

  public static Builder builder() {
    return new Builder();
  }

  public int size() {
    return names.size();
  }

  public boolean isEmpty() {
    return names.isEmpty();
  }

  /** The value of a member; null if there is none of that name. */
  public @Nullable JsonValue get(String name) {
    int index = indexOf(name);
    return index < 0 ? null : values.get(index);
  }

  public boolean has(String name) {
    return indexOf(name) >= 0;
  }

  /** The names, in order; cannot be changed. */
  public List<String> names() {
    return names;
  }

  /** The values, in the order of {@link #names}; cannot be changed. */
  public List<JsonValue> values() {
    return values;
  }

  public void forEach(BiConsumer<String, JsonValue> action) {
    for (int i = 0; i < names.size(); i++) {
      action.accept(names.get(i), values.get(i));
    }
  }

  /** This with one member set: in its place if it is there, else as the last one. */
  public JsonObject with(String name, JsonValue value) {
    int index = indexOf(name);
    if (index >= 0 && values.get(index) == value) {
      return this;
    }
    List<JsonValue> newValues = new ArrayList<>(values);
    if (index >= 0) {
      newValues.set(index, value);
      return new JsonObject(names, Collections.unmodifiableList(newValues));
    }
    List<String> newNames = new ArrayList<>(names);
    newNames.add(checked(name));
    newValues.add(value);
    return new JsonObject(
        Collections.unmodifiableList(newNames), Collections.unmodifiableList(newValues));
  }

  /** This without one member; itself if there is none of that name. */
  public JsonObject without(String name) {
    int index = indexOf(name);
    if (index < 0) {
      return this;
    }
    List<String> newNames = new ArrayList<>(names);
    List<JsonValue> newValues = new ArrayList<>(values);
    newNames.remove(index);
    newValues.remove(index);
    return new JsonObject(
        Collections.unmodifiableList(newNames), Collections.unmodifiableList(newValues));
  }

  private int indexOf(String name) {
    if (names.size() <= SCANNED_MAX) {
      return names.indexOf(name);
    }
    int[] order = sorted();
    int low = 0;
    int high = order.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int comparison = TextOrder.compare(names.get(order[middle]), name);
      if (comparison == 0) {
        return order[middle];
      }
      if (comparison < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /** Indexes of members, sorted by name; not to be changed. */
  int[] sorted() {
    int[] order = sorted;
    if (order == null) {
      Integer[] indexes = new Integer[names.size()];
      Arrays.setAll(indexes, i -> i);
      Arrays.sort(indexes, (a, b) -> TextOrder.compare(names.get(a), names.get(b)));
      order = new int[indexes.length];
      for (int i = 0; i < order.length; i++) {
        order[i] = indexes[i];
      }
      sorted = order;
    }
    return order;
  }

  private static String checked(String name) {
    if (TextOrder.loneSurrogate(name) >= 0) {
      throw HengeException.invalid(
          "member " + Json.quote(name) + ": half a surrogate pair, which no UTF-8 can carry");
    }
    return name;
  }

  @Override
  public Type type() {
    return Type.OBJECT;
  }

  @Override
  public int depth() {
    return depth;
  }

  @Override
  public int weight() {
    return weight;
  }

  /** Elements of the longest array within. */
  public int longestArray() {
    return longest;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonObject object
        && names.equals(object.names)
        && values.equals(object.values);
  }

  @Override
  public int hashCode() {
    return 31 * names.hashCode() + values.hashCode();
  }

  /** As JSON. */
  @Override
  public String toString() {
    return Json.print(this);
  }

  /** Gathers members. Belongs to one thread; makes one object. */
  public static final class Builder {
    private final List<String> names = new ArrayList<>();
    private final List<JsonValue> values = new ArrayList<>();
    private @Nullable Set<String> known;

    private Builder() {}

    /**
     * Adds a member.
     *
     * @param value anything that {@link JsonValue#of} takes
     * @throws HengeException INVALID_ARGUMENT if the name is there, or the value has no JSON form
     */
    public Builder put(String name, @Nullable Object value) {
      if (has(name)) {
        throw HengeException.invalid("member " + Json.quote(name) + " appears twice");
      }
      JsonValue json = JsonValue.of(value);
      names.add(checked(name));
      values.add(json);
      if (known != null) {
        known.add(name);
      } else if (names.size() > SCANNED_MAX) {
        known = new HashSet<>(names);
      }
      return this;
    }

    public boolean has(String name) {
      return known == null ? names.contains(name) : known.contains(name);
    }

    public JsonObject build() {
      return names.isEmpty()
          ? EMPTY
          : new JsonObject(
              Collections.unmodifiableList(names), Collections.unmodifiableList(values));
    }
  }
}
