package io.henge.document.find;

import io.henge.api.error.HengeException;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parts of documents, by paths. What is taken keeps its place in objects; elements of an array that
 * have nothing of it are left out, so what was {@code lines[3]} may come as the first one.
 * Immutable.
 */
public final class Projection {
  /** Documents as they are. */
  public static final Projection ALL = new Projection(List.of());

  private static final int PATHS_MAX = 256;

  private final Node root = new Node();

  private Projection(List<Path> paths) {
    for (Path path : paths) {
      root.add(path, 0);
    }
  }

  /**
   * A projection to these paths; none = everything.
   *
   * @param paths {@code address.city}, {@code lines[].sku} (of each element), {@code lines[0].sku}
   * @throws HengeException INVALID_ARGUMENT if one does not begin with the name of a member, there
   *     are too many, or an array is meant both by {@code []} and by index
   */
  public static Projection of(List<String> paths) {
    if (paths.size() > PATHS_MAX) {
      throw HengeException.invalid(
          "fields: at most " + PATHS_MAX + " paths allowed, found " + paths.size());
    }
    List<Path> parsed = new ArrayList<>(paths.size());
    for (String text : paths) {
      Path path = Path.parse(text);
      if (path.isSelf() || !(path.steps().get(0) instanceof PathStep.Member)) {
        throw HengeException.invalid(
            "fields: a path into the document expected, like address.city, lines[0] or"
                + " lines[].sku, found "
                + text);
      }
      parsed.add(path);
    }
    return parsed.isEmpty() ? ALL : new Projection(parsed);
  }

  /** Whether it takes everything. */
  public boolean isAll() {
    return root.members.isEmpty();
  }

  /** What a document has at the paths, in their order, where it has it. */
  public JsonObject of(JsonObject document) {
    return isAll() ? document : root.parts(document);
  }

  /** What is taken of a value. */
  private static final class Node {
    /** By name, in the order of the paths. */
    private final Map<String, Node> members = new LinkedHashMap<>();

    private final Map<Integer, Node> elements = new LinkedHashMap<>();
    private @Nullable Node anyElement;
    private boolean whole;

    void add(Path path, int done) {
      if (done == path.size()) {
        whole = true;
        return;
      }
      PathStep step = path.steps().get(done);
      Node next;
      if (step instanceof PathStep.Member member) {
        next = members.computeIfAbsent(member.name(), name -> new Node());
      } else if (step instanceof PathStep.Index index) {
        next = elements.computeIfAbsent(index.index(), at -> new Node());
      } else {
        next = anyElement == null ? new Node() : anyElement;
        anyElement = next;
      }
      if (anyElement != null && !elements.isEmpty()) {
        throw HengeException.invalid(
            "fields: elements of "
                + Path.of(path.steps().subList(0, done))
                + " by [] or by index expected, found both; [] takes it of each element");
      }
      next.add(path, done + 1);
    }

    /** What it takes of a value; null = nothing of it is asked for. */
    @Nullable JsonValue of(JsonValue value) {
      if (whole) {
        return value;
      }
      if (value instanceof JsonObject object && !members.isEmpty()) {
        JsonObject parts = parts(object);
        return parts.isEmpty() ? null : parts;
      }
      if (value instanceof JsonArray array && (anyElement != null || !elements.isEmpty())) {
        JsonArray parts = parts(array);
        return parts.size() == 0 ? null : parts;
      }
      return null;
    }

    JsonObject parts(JsonObject object) {
      JsonObject.Builder parts = JsonObject.builder();
      members.forEach(
          (name, node) -> {
            JsonValue value = object.get(name);
            JsonValue part = value == null ? null : node.of(value);
            if (part != null) {
              parts.put(name, part);
            }
          });
      return parts.build();
    }

    private JsonArray parts(JsonArray array) {
      List<JsonValue> parts = new ArrayList<>();
      for (int i = 0; i < array.size(); i++) {
        Node node = anyElement == null ? elements.get(i) : anyElement;
        JsonValue part = node == null ? null : node.of(array.get(i));
        if (part != null) {
          parts.add(part);
        }
      }
      return JsonArray.of(parts);
    }
  }
}
