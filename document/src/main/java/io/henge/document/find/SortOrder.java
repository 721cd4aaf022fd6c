package io.henge.document.find;

import io.henge.api.error.HengeException;
import io.henge.document.Steps;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An order of documents: by the values at some paths, one after the other. A document without a
 * value comes before all that have one; of several values at a path the first counts. Immutable.
 */
public final class SortOrder {
  private static final int FIELDS_MAX = 8;

  /** A path to sort by. */
  public record Field(Path path, boolean descending) {}

  private final List<Field> fields;

  private SortOrder(List<Field> fields) {
    this.fields = fields;
  }

  /**
   * An order by these fields.
   *
   * @throws HengeException INVALID_ARGUMENT if there are none or too many
   */
  public static SortOrder of(List<Field> fields) {
    if (fields.isEmpty() || fields.size() > FIELDS_MAX) {
      throw HengeException.invalid(
          "sort: 1 to " + FIELDS_MAX + " paths expected, found " + fields.size());
    }
    return new SortOrder(List.copyOf(fields));
  }

  public List<Field> fields() {
    return fields;
  }

  /** The values that a document is sorted by; null where it has none. */
  public List<@Nullable JsonValue> values(PathReader document, Steps steps) {
    List<@Nullable JsonValue> values = new ArrayList<>(fields.size());
    for (Field field : fields) {
      values.add(document.get(field.path(), steps));
    }
    return values;
  }

  /** Compares two documents by their {@link #values}. */
  public int compare(List<@Nullable JsonValue> left, List<@Nullable JsonValue> right) {
    for (int i = 0; i < fields.size(); i++) {
      int order = compare(left.get(i), right.get(i));
      if (order != 0) {
        return fields.get(i).descending() ? -order : order;
      }
    }
    return 0;
  }

  private static int compare(@Nullable JsonValue left, @Nullable JsonValue right) {
    if (left == null || right == null) {
      return left == null ? (right == null ? 0 : -1) : 1;
    }
    return Integer.signum(left.compareTo(right));
  }
}
