package io.henge.document.filter;

import io.henge.document.path.Path;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Filters from Java: paths as {@link Path#parse} takes them, values as {@link JsonValue#of} does.
 * Both throw INVALID_ARGUMENT for what they cannot take.
 */
public final class Filters {
  private Filters() {}

  public static Filter eq(String path, @Nullable Object value) {
    return compare(path, Operator.EQUAL, value);
  }

  public static Filter ne(String path, @Nullable Object value) {
    return compare(path, Operator.NOT_EQUAL, value);
  }

  public static Filter lt(String path, @Nullable Object value) {
    return compare(path, Operator.LESS, value);
  }

  public static Filter lte(String path, @Nullable Object value) {
    return compare(path, Operator.LESS_OR_EQUAL, value);
  }

  public static Filter gt(String path, @Nullable Object value) {
    return compare(path, Operator.GREATER, value);
  }

  public static Filter gte(String path, @Nullable Object value) {
    return compare(path, Operator.GREATER_OR_EQUAL, value);
  }

  public static Filter compare(String path, Operator operator, @Nullable Object value) {
    return new Filter.Compare(Path.parse(path), operator, JsonValue.of(value));
  }

  /** Equal to one of these. */
  public static Filter in(String path, @Nullable Object... values) {
    return in(path, Arrays.asList(values));
  }

  /** Equal to one of these. */
  public static Filter in(String path, Collection<? extends @Nullable Object> values) {
    List<JsonValue> json = new ArrayList<>(values.size());
    for (Object value : values) {
      json.add(JsonValue.of(value));
    }
    return new Filter.In(Path.parse(path), json);
  }

  public static Filter exists(String path) {
    return new Filter.Exists(Path.parse(path));
  }

  public static Filter prefix(String path, String prefix) {
    return new Filter.Prefix(Path.parse(path), prefix);
  }

  /** An array with this element. */
  public static Filter contains(String path, @Nullable Object element) {
    return new Filter.Contains(Path.parse(path), JsonValue.of(element));
  }

  /** A text in which the pattern (RE2 syntax) is found; never in the condition of a write. */
  public static Filter matches(String path, String pattern) {
    return new Filter.Matches(Path.parse(path), TextPattern.of(pattern));
  }

  public static Filter and(Filter... filters) {
    return new Filter.And(List.of(filters));
  }

  public static Filter or(Filter... filters) {
    return new Filter.Or(List.of(filters));
  }

  public static Filter not(Filter filter) {
    return new Filter.Not(filter);
  }

  /** Holds for every document. */
  public static Filter all() {
    return new Filter.Always(true);
  }
}
