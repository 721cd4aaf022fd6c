package io.henge.document.patch;

import io.henge.document.patch.PatchOperation.ArrayOrder;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes patches as JSON; {@link PatchParser} reads them back as equal patches. */
final class PatchPrinter {
  private final List<JsonValue> parts = new ArrayList<>();

  /**
   * Operations of the part that is being made: a place's body by its path, or a body of its own.
   */
  private Map<String, Object> part = new LinkedHashMap<>();

  private @Nullable String last;

  private PatchPrinter() {}

  static JsonValue toJson(List<PatchOperation> operations) {
    PatchPrinter printer = new PatchPrinter();
    operations.forEach(printer::add);
    printer.close();
    return printer.parts.size() == 1 ? printer.parts.get(0) : JsonArray.of(printer.parts);
  }

  private void add(PatchOperation change) {
    if (change instanceof PatchOperation.Merge merge) {
      whole("merge", merge.patch());
    } else if (change instanceof PatchOperation.Replace replace) {
      whole("replace", replace.document());
    } else if (change instanceof PatchOperation.Set set) {
      place("set", change, set.value());
    } else if (change instanceof PatchOperation.Unset) {
      place("unset", change, JsonArray.EMPTY);
    } else if (change instanceof PatchOperation.Inc inc) {
      place("inc", change, inc.by());
    } else if (change instanceof PatchOperation.Min min) {
      place("min", change, min.value());
    } else if (change instanceof PatchOperation.Max max) {
      place("max", change, max.value());
    } else if (change instanceof PatchOperation.Push push) {
      place("push", change, push(push));
    } else if (change instanceof PatchOperation.Pull pull) {
      place("pull", change, values(pull.values()).build());
    } else if (change instanceof PatchOperation.PullWhere pull) {
      JsonText where = new JsonText(pull.filter().toString());
      place("pull", change, JsonObject.builder().put("where", where).build());
    } else if (change instanceof PatchOperation.AddToSet add) {
      place("addToSet", change, values(add.values()).build());
    }
  }

  private void whole(String name, JsonObject body) {
    if (part.containsKey(name)) {
      close();
    }
    part.put(name, body);
    last = name;
  }

  private void place(String name, PatchOperation change, JsonValue body) {
    String path = change.path().toString();
    // Of one object the operations are read in order, each name and each path once.
    if (part.containsKey(name) && (!name.equals(last) || places(name).containsKey(path))) {
      close();
    }
    places(name).put(path, body);
    last = name;
  }

  @SuppressWarnings("unchecked")
  private Map<String, JsonValue> places(String name) {
    return (Map<String, JsonValue>)
        part.computeIfAbsent(name, key -> new LinkedHashMap<String, JsonValue>());
  }

  private void close() {
    JsonObject.Builder builder = JsonObject.builder();
    part.forEach(
        (name, body) ->
            builder.put(
                name, name.equals("unset") ? List.copyOf(((Map<?, ?>) body).keySet()) : body));
    parts.add(builder.build());
    part = new LinkedHashMap<>();
    last = null;
  }

  private static JsonObject push(PatchOperation.Push push) {
    JsonObject.Builder body = values(push.values());
    if (push.keep() != null) {
      body.put("keep", push.keep().toString());
    }
    ArrayOrder order = push.order();
    if (order != null) {
      body.put("by", order.by() + (order.descending() ? " desc" : ""));
      if (order.tie() != null) {
        body.put("tie", order.tie().toString());
      }
    }
    return body.build();
  }

  private static JsonObject.Builder values(List<JsonValue> values) {
    return values.size() == 1
        ? JsonObject.builder().put("value", values.get(0))
        : JsonObject.builder().put("values", JsonArray.of(values));
  }
}
