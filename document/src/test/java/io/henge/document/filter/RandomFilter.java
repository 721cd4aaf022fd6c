package io.henge.document.filter;

import io.henge.document.RandomJson;
import io.henge.document.path.Path;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random filters over the names and values of random documents. */
public final class RandomFilter {
  private static final List<Operator> OPERATORS = List.of(Operator.values());

  private final Random random;
  private final RandomJson json;

  public RandomFilter(Random random, RandomJson json) {
    this.random = random;
    this.json = json;
  }

  public Filter next(int depth, boolean patterns) {
    Path path = json.path();
    return switch (random.nextInt(depth > 0 ? 15 : 10)) {
      case 0 -> new Filter.Always(random.nextBoolean());
      case 1 -> new Filter.Exists(path);
      case 2 -> new Filter.Prefix(path, json.text());
      case 3 -> new Filter.Contains(path, json.value(2));
      case 4 ->
          patterns
              ? new Filter.Matches(path, TextPattern.of(random.nextBoolean() ? "^a" : "[^b]c?$"))
              : new Filter.Exists(path);
      case 5 -> {
        List<JsonValue> values = new ArrayList<>();
        int count = random.nextInt(6);
        for (int i = 0; i < count; i++) {
          values.add(json.value(2));
        }
        yield new Filter.In(path, values);
      }
      case 10, 11 -> new Filter.And(several(depth - 1, patterns));
      case 12, 13 -> new Filter.Or(several(depth - 1, patterns));
      case 14 -> new Filter.Not(next(depth - 1, patterns));
      default -> {
        Operator operator = OPERATORS.get(random.nextInt(OPERATORS.size()));
        yield new Filter.Compare(path, operator, json.value(2));
      }
    };
  }

  private List<Filter> several(int depth, boolean patterns) {
    List<Filter> filters = new ArrayList<>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      filters.add(next(depth, patterns));
    }
    return filters;
  }
}
