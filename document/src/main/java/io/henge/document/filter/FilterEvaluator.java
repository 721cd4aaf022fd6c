package io.henge.document.filter;

import io.henge.document.Steps;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.List;

/**
 * Evaluates filters. Each filter takes a step, and what its path takes; looking through the values
 * of {@code in} takes the number of halvings, a pattern its length times that of the text.
 */
final class FilterEvaluator {
  private FilterEvaluator() {}

  static boolean test(Filter filter, PathReader reader, Steps steps) {
    steps.take(1);
    if (filter instanceof Filter.Compare compare) {
      return compare(compare, reader, steps);
    }
    if (filter instanceof Filter.And and) {
      List<Filter> filters = and.filters();
      for (int i = 0; i < filters.size(); i++) {
        if (!test(filters.get(i), reader, steps)) {
          return false;
        }
      }
      return true;
    }
    if (filter instanceof Filter.Or or) {
      List<Filter> filters = or.filters();
      for (int i = 0; i < filters.size(); i++) {
        if (test(filters.get(i), reader, steps)) {
          return true;
        }
      }
      return false;
    }
    if (filter instanceof Filter.Not not) {
      return !test(not.filter(), reader, steps);
    }
    if (filter instanceof Filter.Always always) {
      return always.value();
    }
    return term(filter, reader, steps);
  }

  private static boolean term(Filter filter, PathReader reader, Steps steps) {
    if (filter instanceof Filter.In in) {
      return in(in, reader, steps);
    }
    if (filter instanceof Filter.Exists exists) {
      return reader.exists(exists.path(), steps);
    }
    if (filter instanceof Filter.Prefix prefix) {
      return reader.any(
          prefix.path(),
          steps,
          JsonValue.Type.TEXT.bit(),
          value -> ((JsonText) value).value().startsWith(prefix.prefix()));
    }
    if (filter instanceof Filter.Contains contains) {
      return reader.any(
          contains.path(),
          steps,
          JsonValue.Type.ARRAY.bit(),
          value -> contains((JsonArray) value, contains.value()));
    }
    if (filter instanceof Filter.Matches matches) {
      return reader.any(
          matches.path(),
          steps,
          JsonValue.Type.TEXT.bit(),
          value -> matches(((JsonText) value).value(), matches.pattern(), steps));
    }
    throw new IllegalStateException("unknown filter: " + filter);
  }

  private static boolean compare(Filter.Compare compare, PathReader reader, Steps steps) {
    JsonValue wanted = compare.value();
    Operator operator = compare.operator();
    int types = operator == Operator.NOT_EQUAL ? PathReader.ALL_TYPES : wanted.type().bit();
    return reader.any(
        compare.path(), steps, types, value -> operator.holds(value.compareTo(wanted)));
  }

  private static boolean in(Filter.In in, PathReader reader, Steps steps) {
    List<JsonValue> values = in.values();
    int types = 0;
    for (int i = 0; i < values.size(); i++) {
      types |= values.get(i).type().bit();
    }
    // Halvings: what a binary search takes at most.
    int halvings = Integer.SIZE - Integer.numberOfLeadingZeros(values.size());
    return reader.any(
        in.path(),
        steps,
        types,
        value -> {
          steps.take(halvings);
          return find(values, value);
        });
  }

  private static boolean find(List<JsonValue> sorted, JsonValue value) {
    int low = 0;
    int high = sorted.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int comparison = sorted.get(middle).compareTo(value);
      if (comparison == 0) {
        return true;
      }
      if (comparison < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return false;
  }

  private static boolean contains(JsonArray array, JsonValue wanted) {
    for (int i = 0; i < array.size(); i++) {
      if (array.get(i).sameAs(wanted)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String text, TextPattern pattern, Steps steps) {
    steps.take((long) text.length() * pattern.cost());
    return pattern.find(text);
  }
}
