package io.henge.cli.shell;

import io.henge.cli.output.Table;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Documents for people. */
final class DocumentLayouts {
  private static final int COLUMNS_MAX = 50;
  private static final int CELL_MAX = 60;

  private DocumentLayouts() {}

  /** Each on lines of its own; empty if there are none. */
  static String show(List<JsonObject> documents, Statement.Layout layout) {
    return switch (layout) {
      case LINES -> documents.stream().map(Json::print).collect(Collectors.joining("\n"));
      case PRETTY -> documents.stream().map(Json::pretty).collect(Collectors.joining("\n"));
      case TABLE -> documents.isEmpty() ? "" : table(documents);
    };
  }

  /** A column for each member that one of them has; what is nested, as JSON. */
  private static String table(List<JsonObject> documents) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonObject document : documents) {
      for (String name : document.names()) {
        if (names.size() < COLUMNS_MAX) {
          names.add(name);
        }
      }
    }
    Table table = Table.of(names.toArray(String[]::new));
    for (JsonObject document : documents) {
      table.row(names.stream().map(name -> cell(document.get(name))).toArray());
    }
    return table.toString();
  }

  private static Object cell(@Nullable JsonValue value) {
    if (value == null) {
      return "";
    }
    if (value instanceof JsonNumber number) {
      return number.decimal();
    }
    String text = value instanceof JsonText shown ? shown.value() : Json.print(value);
    return text.codePointCount(0, text.length()) <= CELL_MAX
        ? text
        : text.substring(0, text.offsetByCodePoints(0, CELL_MAX - 1)) + "…";
  }
}
