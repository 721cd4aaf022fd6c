package io.henge.document.patch;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.filter.Filter;
import io.henge.document.path.Path;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One change of a document. Its path names one place: no any-element steps. Operations that put
 * something at a missing place make the objects on the way, but no elements of arrays; a way that
 * leads through another value than an object or array fails.
 *
 * <p>Constructors throw INVALID_ARGUMENT for what can be refused without a document.
 */
public sealed interface PatchOperation {

  /** Where; {@link Path#SELF} for operations on the whole document. */
  default Path path() {
    return Path.SELF;
  }

  /** Puts a value there, whatever was there. */
  record Set(Path path, JsonValue value) implements PatchOperation {
    public Set {
      checkPlace(path, "set");
      checkValue(value);
    }
  }

  /** Removes what is there: a member, or an element, so that the following ones move up. */
  record Unset(Path path) implements PatchOperation {
    public Unset {
      checkPlace(path, "unset");
    }
  }

  /** Adds to a number, exactly; a missing one counts as 0. Fails on other types. */
  record Inc(Path path, JsonNumber by) implements PatchOperation {
    public Inc {
      checkPlace(path, "inc");
    }
  }

  /**
   * Puts the value there if nothing is, or something greater. Fails on other types than its own.
   */
  record Min(Path path, JsonValue value) implements PatchOperation {
    public Min {
      checkPlace(path, "min");
      checkValue(value);
    }
  }

  /** Puts the value there if nothing is, or something less. Fails on other types than its own. */
  record Max(Path path, JsonValue value) implements PatchOperation {
    public Max {
      checkPlace(path, "max");
      checkValue(value);
    }
  }

  /**
   * Appends to an array, or starts one; then sorts it if there is an order, then cuts it if there
   * is a cap.
   *
   * @param keep null for no cap
   * @param order null to keep the order of arrival
   */
  record Push(Path path, List<JsonValue> values, @Nullable Keep keep, @Nullable ArrayOrder order)
      implements PatchOperation {
    public Push {
      checkPlace(path, "push");
      values = checkValues(values, "push");
    }
  }

  /** Removes elements that are the same as one of these. */
  record Pull(Path path, List<JsonValue> values) implements PatchOperation {
    public Pull {
      checkPlace(path, "pull");
      values = checkValues(values, "pull");
    }
  }

  /** Removes elements for which a filter holds; {@code @} is the element itself. */
  record PullWhere(Path path, Filter filter) implements PatchOperation {
    public PullWhere {
      checkPlace(path, "pull");
      if (!filter.deterministic()) {
        throw HengeException.invalid(
            "patch: pull " + path + " where " + filter + ": patterns cannot be part of a write");
      }
    }
  }

  /** Appends those values that are not among the elements yet; starts an array if there is none. */
  record AddToSet(Path path, List<JsonValue> values) implements PatchOperation {
    public AddToSet {
      checkPlace(path, "addToSet");
      values = checkValues(values, "addToSet");
    }
  }

  /** JSON Merge Patch, RFC 7396: null removes, objects merge, the rest replaces. */
  record Merge(JsonObject patch) implements PatchOperation {
    public Merge {
      checkValue(patch);
    }
  }

  /** Puts another document in the place of the whole. */
  record Replace(JsonObject document) implements PatchOperation {
    public Replace {
      checkValue(document);
    }
  }

  /**
   * The cap of an array.
   *
   * @param count most elements that stay, at least 1
   * @param last whether the last ones stay, or the first
   */
  record Keep(int count, boolean last) {
    public Keep {
      if (count < 1) {
        throw HengeException.invalid("patch: keep " + count + ", must be at least 1");
      }
    }

    public static Keep first(int count) {
      return new Keep(count, false);
    }

    public static Keep last(int count) {
      return new Keep(count, true);
    }

    @Override
    public String toString() {
      return (last ? "last " : "first ") + count;
    }
  }

  /**
   * How an array is sorted. Elements without the path come first when ascending. Equal ones are
   * ordered by {@code tie}, or where that is null or equal too, by the whole element: so the
   * outcome does not depend on the order of arrival.
   *
   * @param by path within the elements
   * @param tie path within the elements, always ascending
   */
  record ArrayOrder(Path by, boolean descending, @Nullable Path tie) {
    public ArrayOrder {
      if (by.isAny() || (tie != null && tie.isAny())) {
        throw HengeException.invalid("patch: an order is by one value of each element, without []");
      }
    }
  }

  private static void checkPlace(Path path, String operation) {
    if (path.isSelf() || path.isAny()) {
      throw HengeException.invalid(
          "patch: "
              + operation
              + " "
              + path
              + (path.isAny()
                  ? ": names any element; name one by its index"
                  : ": is the whole document; use replace or merge"));
    }
  }

  private static void checkValue(JsonValue value) {
    if (value.depth() > DocumentLimits.DEPTH_CEILING) {
      throw HengeException.invalid(
          "patch: a value is "
              + value.depth()
              + " deep, the limit is "
              + DocumentLimits.DEPTH_CEILING);
    }
  }

  private static List<JsonValue> checkValues(List<JsonValue> values, String operation) {
    if (values.isEmpty()) {
      throw HengeException.invalid("patch: " + operation + " without a value");
    }
    values.forEach(PatchOperation::checkValue);
    return List.copyOf(values);
  }
}
