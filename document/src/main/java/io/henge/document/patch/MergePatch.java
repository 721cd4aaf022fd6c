package io.henge.document.patch;

import io.henge.document.Steps;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON Merge Patch, RFC 7396, on any values. */
public final class MergePatch {
  private MergePatch() {}

  /**
   * Merges. Members that stay keep their places, new ones follow. Takes a step for each member of
   * the objects that are merged.
   *
   * @param target null if there is none
   * @throws io.henge.document.StepsExhaustedException if that takes too many steps
   */
  public static JsonValue apply(@Nullable JsonValue target, JsonValue patch, Steps steps) {
    if (!(patch instanceof JsonObject changes)) {
      return patch;
    }
    JsonObject base = target instanceof JsonObject object ? object : JsonObject.EMPTY;
    steps.take(1L + base.size() + changes.size());
    Map<String, JsonValue> members = new LinkedHashMap<>();
    base.forEach(members::put);
    boolean changed = base != target;
    for (int i = 0; i < changes.size(); i++) {
      String name = changes.names().get(i);
      JsonValue change = changes.values().get(i);
      if (change == JsonNull.NULL) {
        changed |= members.remove(name) != null;
      } else {
        JsonValue before = members.get(name);
        JsonValue after = apply(before, change, steps);
        members.put(name, after);
        changed |= after != before;
      }
    }
    return changed ? JsonObject.of(members) : base;
  }
}
