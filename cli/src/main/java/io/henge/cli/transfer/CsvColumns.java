package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where in a document the columns go. A name with dots is a path, so that {@code address.city} is a
 * member of {@code address}; a column without a name is left out.
 */
final class CsvColumns {
  /** A column, or an object that has some. */
  private sealed interface Node {}

  private record Leaf(int column) implements Node {}

  private record Inner(Map<String, Node> members) implements Node {}

  private final List<String> names;
  private final Inner root;

  private CsvColumns(List<String> names, Inner root) {
    this.names = names;
    this.root = root;
  }

  /**
   * Columns by their names.
   *
   * @throws HengeException INVALID_ARGUMENT if two go to one place, or one into another
   */
  static CsvColumns of(List<String> names) {
    Inner root = new Inner(new LinkedHashMap<>());
    for (int i = 0; i < names.size(); i++) {
      if (!names.get(i).isEmpty()) {
        put(root, names.get(i), i);
      }
    }
    if (root.members().isEmpty()) {
      throw HengeException.invalid("columns: at least one name expected, found none");
    }
    return new CsvColumns(List.copyOf(names), root);
  }

  private static void put(Inner root, String name, int column) {
    List<String> steps = steps(name);
    Inner at = root;
    for (String step : steps.subList(0, steps.size() - 1)) {
      Node next = at.members().computeIfAbsent(step, s -> new Inner(new LinkedHashMap<>()));
      if (!(next instanceof Inner inner)) {
        throw clash(name);
      }
      at = inner;
    }
    if (at.members().putIfAbsent(steps.get(steps.size() - 1), new Leaf(column)) != null) {
      throw clash(name);
    }
  }

  static List<String> steps(String name) {
    if (name.indexOf('.') < 0) {
      return List.of(name);
    }
    List<String> steps = new ArrayList<>();
    for (PathStep step : path(name).steps()) {
      if (!(step instanceof PathStep.Member member)) {
        throw notAName(name);
      }
      steps.add(member.name());
    }
    return steps;
  }

  private static Path path(String name) {
    try {
      return Path.parse(name);
    } catch (HengeException e) {
      throw notAName(name);
    }
  }

  private static HengeException notAName(String name) {
    return HengeException.invalid(
        "column " + name + ": a name, or names with dots between them expected, as address.city");
  }

  private static HengeException clash(String name) {
    return HengeException.invalid(
        "column "
            + name
            + ": another column has this name, or goes into it; rename with --columns");
  }

  String name(int column) {
    return names.get(column);
  }

  /**
   * A document.
   *
   * @param values by the index of the column; null = no such member
   */
  JsonObject document(IntFunction<@Nullable JsonValue> values) {
    return object(root, values);
  }

  private static JsonObject object(Inner inner, IntFunction<@Nullable JsonValue> values) {
    JsonObject.Builder object = JsonObject.builder();
    inner
        .members()
        .forEach(
            (name, node) -> {
              if (node instanceof Leaf leaf) {
                JsonValue value = values.apply(leaf.column());
                if (value != null) {
                  object.put(name, value);
                }
              } else if (node instanceof Inner below) {
                JsonObject value = object(below, values);
                if (!value.isEmpty()) {
                  object.put(name, value);
                }
              }
            });
    return object.build();
  }
}
