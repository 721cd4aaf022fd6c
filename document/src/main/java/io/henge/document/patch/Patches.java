package io.henge.document.patch;

import io.henge.document.filter.Filter;
import io.henge.document.value.JsonObject;
import org.jspecify.annotations.Nullable;

/** Patches begin here: {@code Patches.set("a.b", 1).inc("n", 1)}. See {@link Patch}. */
public final class Patches {
  private Patches() {}

  /** Changes nothing; add to it. */
  public static Patch none() {
    return Patch.EMPTY;
  }

  public static Patch set(String path, @Nullable Object value) {
    return Patch.EMPTY.set(path, value);
  }

  public static Patch unset(String path) {
    return Patch.EMPTY.unset(path);
  }

  public static Patch inc(String path, Number by) {
    return Patch.EMPTY.inc(path, by);
  }

  public static Patch min(String path, Object value) {
    return Patch.EMPTY.min(path, value);
  }

  public static Patch max(String path, Object value) {
    return Patch.EMPTY.max(path, value);
  }

  public static Patch push(String path, @Nullable Object... values) {
    return Patch.EMPTY.push(path, values);
  }

  public static Patch push(String path, @Nullable Object value, PatchOperation.Keep keep) {
    return Patch.EMPTY.push(path, value, keep);
  }

  public static Patch push(
      String path, @Nullable Object value, PatchOperation.Keep keep, String by) {
    return Patch.EMPTY.push(path, value, keep, by);
  }

  public static Patch pull(String path, @Nullable Object... values) {
    return Patch.EMPTY.pull(path, values);
  }

  public static Patch pullWhere(String path, Filter filter) {
    return Patch.EMPTY.pullWhere(path, filter);
  }

  public static Patch addToSet(String path, @Nullable Object... values) {
    return Patch.EMPTY.addToSet(path, values);
  }

  public static Patch merge(JsonObject patch) {
    return Patch.EMPTY.merge(patch);
  }

  public static Patch replace(JsonObject document) {
    return Patch.EMPTY.replace(document);
  }
}
