package io.henge.document.path;

import io.henge.document.Steps;
import io.henge.document.value.JsonValue;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads places of one value, be it in memory or in its binary form. All implementations visit the
 * same values in the same order and take the same steps.
 *
 * <p>Cost: a step to a member takes 1 + members / 16 steps; to an index 1 + (elements before it) /
 * 16; to any element 1 + 1 for each element looked at; a value that is given out takes its {@link
 * JsonValue#weight}.
 */
public interface PathReader {
  /** All types, for {@link #any}. */
  int ALL_TYPES = (1 << JsonValue.Type.values().length) - 1;

  /**
   * Whether a value that the path leads to satisfies a test; false if it leads nowhere. Stops at
   * the first.
   *
   * @param types {@linkplain JsonValue.Type#bit bits} of the types of interest: others are passed
   *     over, unread
   * @throws io.henge.document.StepsExhaustedException if it takes too many steps
   */
  boolean any(Path path, Steps steps, int types, Predicate<JsonValue> test);

  /** Whether the path leads to a value, of any type. */
  boolean exists(Path path, Steps steps);

  /** The value that the path leads to, the first if it leads to several; null if there is none. */
  default @Nullable JsonValue get(Path path, Steps steps) {
    FirstValue first = new FirstValue();
    any(path, steps, ALL_TYPES, first);
    return first.value();
  }

  /** {@link #get} with a budget of its own. */
  default @Nullable JsonValue get(Path path) {
    return get(path, Steps.standard());
  }

  /** Gives all values that the path leads to, in order. */
  default void forEach(Path path, Steps steps, Consumer<JsonValue> action) {
    any(
        path,
        steps,
        ALL_TYPES,
        value -> {
          action.accept(value);
          return false;
        });
  }

  /** A reader of a value in memory. */
  static PathReader of(JsonValue value) {
    return new ValueReader(value);
  }
}
