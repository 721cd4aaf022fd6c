package io.henge.document.filter;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.value.Json;
import io.henge.document.value.JsonValue;
import io.henge.document.value.TextOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What limits say of a filter.
 *
 * @param depth filters within each other
 * @param terms all filters in it, and values of {@code in}
 * @param deterministic whether it may stand in the log
 */
record FilterShape(int depth, int terms, boolean deterministic) {
  private static final FilterShape TERM = new FilterShape(1, 1, true);

  static FilterShape of(Filter filter) {
    if (filter instanceof Filter.And and) {
      return around(and.filters());
    }
    if (filter instanceof Filter.Or or) {
      return around(or.filters());
    }
    if (filter instanceof Filter.Not not) {
      return around(List.of(not.filter()));
    }
    if (filter instanceof Filter.In in) {
      return new FilterShape(1, 1 + in.values().size(), true);
    }
    return filter instanceof Filter.Matches ? new FilterShape(1, 1, false) : TERM;
  }

  private static FilterShape around(List<Filter> filters) {
    int depth = 1;
    int terms = 1;
    boolean deterministic = true;
    for (Filter filter : filters) {
      FilterShape shape = of(filter);
      depth = Math.max(depth, 1 + shape.depth);
      terms = Math.addExact(terms, shape.terms);
      deterministic &= shape.deterministic;
    }
    return new FilterShape(depth, terms, deterministic);
  }

  /** Filters from which one more is made: so none is ever too deep to be walked. */
  static void check(List<Filter> parts) {
    FilterShape shape = around(parts);
    if (shape.depth > DocumentLimits.FILTER_DEPTH_MAX) {
      throw HengeException.invalid(
          "filter: " + shape.depth + " levels, the limit is " + DocumentLimits.FILTER_DEPTH_MAX);
    }
    checkTerms(shape.terms);
  }

  static List<JsonValue> sortedOnce(List<JsonValue> values) {
    checkTerms(values.size() + 1);
    List<JsonValue> sorted = new ArrayList<>(values);
    sorted.sort(null);
    List<JsonValue> once = new ArrayList<>(sorted.size());
    for (JsonValue value : sorted) {
      if (once.isEmpty() || !once.get(once.size() - 1).sameAs(value)) {
        once.add(value);
      }
    }
    return List.copyOf(once);
  }

  static void checkText(String text) {
    if (TextOrder.loneSurrogate(text) >= 0) {
      throw HengeException.invalid("filter: half a surrogate pair in " + Json.quote(text));
    }
  }

  private static void checkTerms(int terms) {
    if (terms > DocumentLimits.FILTER_TERMS_MAX) {
      throw HengeException.invalid(
          "filter: "
              + terms
              + " terms and values, the limit is "
              + DocumentLimits.FILTER_TERMS_MAX);
    }
  }
}
