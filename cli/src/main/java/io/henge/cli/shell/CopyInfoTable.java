package io.henge.cli.shell;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.Table;
import io.henge.client.CopyInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What copies from other shards show, behind the documents that have them. */
final class CopyInfoTable {
  private final boolean many;
  private final Table table;
  private final List<Object> json = new ArrayList<>();

  /**
   * @param of what a row's document is called; empty = there is one only
   */
  CopyInfoTable(String of) {
    this.many = !of.isEmpty();
    this.table =
        many
            ? Table.of(of, "copy", "fields", "of", "version", "written", "complete until")
            : Table.of("copy", "fields", "of", "version", "written", "complete until");
  }

  /**
   * Adds the copies of one document.
   *
   * @param number which it is
   */
  CopyInfoTable add(Object number, List<CopyInfo> copies) {
    List<Object> documents = new ArrayList<>();
    for (CopyInfo copy : copies) {
      List<Object> cells = new ArrayList<>();
      if (many) {
        cells.add(number);
      }
      cells.add(copy.id());
      cells.add(fields(copy));
      cells.add(source(copy));
      cells.add(copy.follows() ? Long.toString(copy.version()) : "");
      cells.add(
          copy.follows() ? copy.written().map(Object::toString).orElse("not yet") : "with it");
      cells.add(copy.follows() ? complete(copy) : "");
      table.row(cells.toArray());
      documents.add(json(copy));
    }
    json.add(documents);
    return this;
  }

  private static String fields(CopyInfo copy) {
    String target = copy.target().isEmpty() ? "" : copy.target() + ".";
    return target + String.join(", " + target, copy.fields());
  }

  private static String source(CopyInfo copy) {
    String id = copy.source().id().parts().isEmpty() ? "" : " " + Literals.show(copy.source().id());
    return copy.source().collection() + " " + Literals.show(copy.source().shardingKey()) + id;
  }

  private static String complete(CopyInfo copy) {
    return copy.completeUntil()
        .map(Object::toString)
        .orElse(copy.registered() ? "not known" : "not registered yet");
  }

  private static Map<String, Object> json(CopyInfo copy) {
    Map<String, Object> json =
        new LinkedHashMap<>(
            Json.object(
                "id", copy.id(),
                "target", copy.target(),
                "fields", copy.fields(),
                "source", source(copy),
                "follows", copy.follows()));
    if (copy.follows()) {
      json.put("version", Long.toString(copy.version()));
      copy.written().ifPresent(when -> json.put("written", when.toString()));
      json.put("registered", copy.registered());
      json.put("bound_millis", copy.bound().toMillis());
      copy.completeUntil().ifPresent(when -> json.put("complete_until", when.toString()));
      json.put("report_age_millis", copy.reportAge().toMillis());
      json.put("lag_millis", copy.lag().toMillis());
    }
    return json;
  }

  /** An answer with the documents, and this behind it; as JSON a list for each document. */
  @SuppressWarnings("unchecked")
  Answer behind(Answer answer) {
    Map<String, Object> with = new LinkedHashMap<>((Map<String, Object>) answer.json());
    with.put("copies", many ? json : json.get(0));
    String text = table.isEmpty() ? "(no copies from other shards)" : table.toString();
    return new Answer(answer.text() + "\n" + text, with);
  }
}
