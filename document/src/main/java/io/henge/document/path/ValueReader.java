package io.henge.document.path;

import io.henge.document.Steps;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.List;
import java.util.function.Predicate;

/** Reads a value in memory. */
final class ValueReader implements PathReader {
  private final JsonValue root;

  ValueReader(JsonValue root) {
    this.root = root;
  }

  @Override
  public boolean any(Path path, Steps steps, int types, Predicate<JsonValue> test) {
    return walk(
        root,
        path.steps(),
        0,
        steps,
        value -> {
          if ((types & value.type().bit()) == 0) {
            return false;
          }
          steps.take(value.weight());
          return test.test(value);
        });
  }

  @Override
  public boolean exists(Path path, Steps steps) {
    return walk(root, path.steps(), 0, steps, value -> true);
  }

  private static boolean walk(
      JsonValue from, List<PathStep> path, int done, Steps steps, Predicate<JsonValue> leaf) {
    JsonValue value = from;
    for (int i = done; i < path.size(); i++) {
      PathStep step = path.get(i);
      JsonValue next = null;
      if (step instanceof PathStep.Member member && value instanceof JsonObject object) {
        steps.take(PathCost.member(object.size()));
        next = object.get(member.name());
      } else if (step instanceof PathStep.Index index && value instanceof JsonArray array) {
        steps.take(PathCost.index(index.index(), array.size()));
        next = index.index() < array.size() ? array.get(index.index()) : null;
      } else if (step instanceof PathStep.AnyElement && value instanceof JsonArray array) {
        steps.take(PathCost.ANY);
        for (JsonValue element : array) {
          steps.take(PathCost.ANY_ELEMENT);
          if (walk(element, path, i + 1, steps, leaf)) {
            return true;
          }
        }
        return false;
      } else {
        steps.take(PathCost.NOWHERE);
      }
      if (next == null) {
        return false;
      }
      value = next;
    }
    return leaf.test(value);
  }
}
