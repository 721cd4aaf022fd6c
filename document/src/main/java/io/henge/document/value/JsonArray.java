package io.henge.document.value;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A list of values. */
public final class JsonArray implements JsonValue, Iterable<JsonValue> {
  public static final JsonArray EMPTY = new JsonArray(List.of());

  private final List<JsonValue> elements;
  private final int depth;
  private final int weight;
  private final int longest;

  private JsonArray(List<JsonValue> elements) {
    this.elements = elements;
    Parts parts = new Parts();
    for (int i = 0; i < elements.size(); i++) {
      parts.add(elements.get(i));
    }
    this.depth = parts.depth();
    this.weight = parts.weight();
    this.longest = Math.max(elements.size(), parts.longest());
  }

  /** An array of these values; the list is copied. */
  public static JsonArray of(List<? extends JsonValue> elements) {
    return elements.isEmpty() ? EMPTY : new JsonArray(List.copyOf(elements));
  }

  public static JsonArray of(JsonValue... elements) {
    return of(List.of(elements));
  }

  public int size() {
    return elements.size();
  }

  public JsonValue get(int index) {
    return elements.get(index);
  }

  /** The elements; cannot be changed. */
  public List<JsonValue> elements() {
    return elements;
  }

  @Override
  public Iterator<JsonValue> iterator() {
    return elements.iterator();
  }

  @Override
  public Type type() {
    return Type.ARRAY;
  }

  @Override
  public int depth() {
    return depth;
  }

  @Override
  public int weight() {
    return weight;
  }

  /** Elements of the longest array within, itself included. */
  public int longestArray() {
    return longest;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonArray array && elements.equals(array.elements);
  }

  @Override
  public int hashCode() {
    return elements.hashCode();
  }

  /** As JSON. */
  @Override
  public String toString() {
    return Json.print(this);
  }
}
