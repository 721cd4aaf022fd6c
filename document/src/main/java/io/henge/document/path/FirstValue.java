package io.henge.document.path;

import io.henge.document.value.JsonValue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Takes the first value that it is given. */
final class FirstValue implements Predicate<JsonValue> {
  private @Nullable JsonValue value;

  @Override
  public boolean test(JsonValue found) {
    value = found;
    return true;
  }

  @Nullable JsonValue value() {
    return value;
  }
}
