package io.henge.document.find;

import io.henge.api.error.HengeException;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parts of documents, by paths of members. Immutable. */
public final class Projection {
  /** Documents as they are. */
  public static final Projection ALL = new Projection(List.of());

  private static final int PATHS_MAX = 256;

  private final List<Path> paths;

  private Projection(List<Path> paths) {
    this.paths = paths;
  }

  /**
   * A projection to these paths; none = everything.
   *
   * @throws HengeException INVALID_ARGUMENT if one is no path of members, or there are too many
   */
  public static Projection of(List<String> paths) {
    if (paths.size() > PATHS_MAX) {
      throw HengeException.invalid(
          "fields: at most " + PATHS_MAX + " paths allowed, found " + paths.size());
    }
    List<Path> parsed = new ArrayList<>(paths.size());
    for (String text : paths) {
      Path path = Path.parse(text);
      if (path.isSelf() || !path.steps().stream().allMatch(PathStep.Member.class::isInstance)) {
        throw HengeException.invalid(
            "fields: names of members expected, like address.city, found " + text);
      }
      parsed.add(path);
    }
    return parsed.isEmpty() ? ALL : new Projection(List.copyOf(parsed));
  }

  /** Whether it takes everything. */
  public boolean isAll() {
    return paths.isEmpty();
  }

  /** What a document has at the paths, in their order, where it has it. */
  public JsonObject of(JsonObject document) {
    if (paths.isEmpty()) {
      return document;
    }
    JsonObject part = JsonObject.EMPTY;
    for (Path path : paths) {
      part = copy(document, part, path.steps(), 0);
    }
    return part;
  }

  private static JsonObject copy(JsonObject from, JsonObject to, List<PathStep> steps, int index) {
    String name = ((PathStep.Member) steps.get(index)).name();
    @Nullable JsonValue value = from.get(name);
    if (value == null) {
      return to;
    }
    if (index == steps.size() - 1) {
      return to.with(name, value);
    }
    if (!(value instanceof JsonObject inner)) {
      return to;
    }
    JsonObject there = to.get(name) instanceof JsonObject object ? object : JsonObject.EMPTY;
    JsonObject copied = copy(inner, there, steps, index + 1);
    return copied.isEmpty() ? to : to.with(name, copied);
  }
}
