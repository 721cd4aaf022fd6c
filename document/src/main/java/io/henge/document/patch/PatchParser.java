package io.henge.document.patch;

import io.henge.api.error.HengeException;
import io.henge.document.filter.Filter;
import io.henge.document.patch.PatchOperation.ArrayOrder;
import io.henge.document.patch.PatchOperation.Keep;
import io.henge.document.path.Path;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON form of patches: an object of operations, each with its places, applied in the
 * order in which they stand; or a list of such objects.
 *
 * <pre>
 * {"set": {"a.b": 1}, "unset": ["c"], "inc": {"n": 1}, "min": {"low": 3}, "max": {"high": 9},
 *  "push": {"log": {"value": 1, "keep": "last 20", "by": "at", "tie": "id"}},
 *  "pull": {"tags": "x", "items": {"where": "sku = \"a\""}}, "addToSet": {"tags": {"values": ["x", "y"]}},
 *  "merge": {}, "replace": {}}
 * </pre>
 */
final class PatchParser {
  private static final String OPERATIONS =
      "set, unset, inc, min, max, push, pull, addToSet, merge, replace";

  private final List<PatchOperation> operations = new ArrayList<>();

  private PatchParser() {}

  static Patch parse(JsonValue json) {
    PatchParser parser = new PatchParser();
    if (json instanceof JsonArray list) {
      for (JsonValue part : list) {
        parser.part(part);
      }
    } else {
      parser.part(json);
    }
    return Patch.of(parser.operations);
  }

  private void part(JsonValue json) {
    JsonObject part = object(json, "patch");
    for (int i = 0; i < part.size(); i++) {
      String name = part.names().get(i);
      JsonValue body = part.values().get(i);
      switch (name) {
        case "merge" -> operations.add(new PatchOperation.Merge(object(body, "patch: merge")));
        case "replace" ->
            operations.add(new PatchOperation.Replace(object(body, "patch: replace")));
        case "unset" -> unset(body);
        case "set", "inc", "min", "max", "push", "pull", "addToSet" -> {
          JsonObject places = object(body, "patch: " + name);
          for (int place = 0; place < places.size(); place++) {
            String path = places.names().get(place);
            operations.add(operation(name, path, places.values().get(place)));
          }
        }
        default ->
            throw HengeException.invalid(
                "patch: operation " + Json.quote(name) + " is not known; there are " + OPERATIONS);
      }
    }
  }

  private void unset(JsonValue body) {
    if (body instanceof JsonText path) {
      operations.add(new PatchOperation.Unset(Path.parse(path.value())));
      return;
    }
    if (!(body instanceof JsonArray paths)) {
      throw wrong("patch: unset", "a path or a list of paths", body);
    }
    for (JsonValue path : paths) {
      operations.add(new PatchOperation.Unset(Path.parse(text(path, "patch: unset"))));
    }
  }

  private static PatchOperation operation(String name, String pathText, JsonValue body) {
    Path path = Path.parse(pathText);
    String where = "patch: " + name + " " + pathText;
    return switch (name) {
      case "set" -> new PatchOperation.Set(path, body);
      case "inc" -> {
        if (body instanceof JsonNumber by) {
          yield new PatchOperation.Inc(path, by);
        }
        throw wrong(where, "a number", body);
      }
      case "min" -> new PatchOperation.Min(path, body);
      case "max" -> new PatchOperation.Max(path, body);
      case "push" -> push(path, where, body);
      case "pull" -> pull(path, where, body);
      case "addToSet" -> {
        checkMembers(where, body, List.of("value", "values"));
        yield new PatchOperation.AddToSet(path, values(where, body));
      }
      default -> throw new IllegalStateException(name);
    };
  }

  private static PatchOperation push(Path path, String where, JsonValue body) {
    checkMembers(where, body, List.of("value", "values", "keep", "by", "tie"));
    List<JsonValue> values = values(where, body);
    if (!(body instanceof JsonObject push)) {
      return new PatchOperation.Push(path, values, null, null);
    }
    JsonValue keep = push.get("keep");
    JsonValue by = push.get("by");
    JsonValue tie = push.get("tie");
    if (by == null && tie != null) {
      throw HengeException.invalid(where + ": tie without by");
    }
    return new PatchOperation.Push(
        path,
        values,
        keep == null ? null : keep(text(keep, where + ", keep"), where),
        by == null ? null : order(text(by, where + ", by"), tie, where));
  }

  private static PatchOperation pull(Path path, String where, JsonValue body) {
    checkMembers(where, body, List.of("value", "values", "where"));
    JsonValue filter = body instanceof JsonObject object ? object.get("where") : null;
    if (filter == null) {
      return new PatchOperation.Pull(path, values(where, body));
    }
    if (((JsonObject) body).size() > 1) {
      throw HengeException.invalid(where + ": where stands alone, without value or values");
    }
    return new PatchOperation.PullWhere(path, Filter.parse(text(filter, where + ", where")));
  }

  /** The elements to push, pull or add: {@code value}, {@code values}, or a plain value itself. */
  private static List<JsonValue> values(String where, JsonValue body) {
    if (body instanceof JsonArray) {
      throw HengeException.invalid(
          where
              + ": a list may be one element or several; write {\"value\": [...]} or {\"values\":"
              + " [...]}");
    }
    if (!(body instanceof JsonObject object)) {
      return List.of(body);
    }
    JsonValue value = object.get("value");
    JsonValue values = object.get("values");
    if ((value == null) == (values == null)) {
      throw HengeException.invalid(where + ": either value or values must be given");
    }
    if (value != null) {
      return List.of(value);
    }
    if (values instanceof JsonArray array && array.size() > 0) {
      return array.elements();
    }
    throw HengeException.invalid(where + ": values is a list of at least one, found " + values);
  }

  private static void checkMembers(String where, JsonValue body, List<String> known) {
    if (body instanceof JsonObject object) {
      for (String name : object.names()) {
        if (!known.contains(name)) {
          throw HengeException.invalid(
              where
                  + ": member "
                  + Json.quote(name)
                  + " is not known; there are "
                  + String.join(", ", known)
                  + " (an object as an element stands in value)");
        }
      }
    }
  }

  private static Keep keep(String text, String where) {
    boolean last = text.startsWith("last ");
    String count = last ? text.substring(5) : text.startsWith("first ") ? text.substring(6) : "";
    if (!count.isEmpty()
        && count.length() <= 9
        && count.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return new Keep(Integer.parseInt(count), last);
    }
    throw HengeException.invalid(
        where + ": keep is \"first N\" or \"last N\", found " + Json.quote(text));
  }

  private static ArrayOrder order(String text, @Nullable JsonValue tie, String where) {
    boolean descending = text.endsWith(" desc");
    String by = descending ? text.substring(0, text.length() - 5) : text;
    return new ArrayOrder(
        Path.parse(by), descending, tie == null ? null : Path.parse(text(tie, where + ", tie")));
  }

  private static JsonObject object(JsonValue value, String where) {
    if (value instanceof JsonObject object) {
      return object;
    }
    throw wrong(where, "an object", value);
  }

  private static String text(JsonValue value, String where) {
    if (value instanceof JsonText text) {
      return text.value();
    }
    throw wrong(where, "a text", value);
  }

  private static HengeException wrong(String where, String wanted, JsonValue found) {
    return HengeException.invalid(
        where + ": " + wanted + " is wanted, found " + found.type().words());
  }
}
