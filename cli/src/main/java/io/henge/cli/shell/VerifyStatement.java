package io.henge.cli.shell;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.Table;
import io.henge.client.Admin;
import io.henge.client.HengeClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;

/** Verifies what is derived from documents, and tells. */
final class VerifyStatement {
  private static final int SHOWN_MAX = 50;

  private final HengeClient client;
  private final Statement.Verify statement;

  VerifyStatement(HengeClient client, Statement.Verify statement) {
    this.client = client;
    this.statement = statement;
  }

  /** Whether nothing is wrong any more. */
  boolean run(DoubleConsumer progress, Consumer<Answer> line) {
    Admin.Verification found =
        client.admin().verify(statement.collection(), statement.repair(), progress);
    line.accept(new Answer(text(found), json(found)));
    return found.differences() == 0 || statement.repair();
  }

  private String text(Admin.Verification found) {
    StringBuilder text = new StringBuilder();
    if (found.differences() > 0) {
      Table table = Table.of("difference", "index or copy", "sharding key", "id");
      found.first().stream()
          .limit(SHOWN_MAX)
          .forEach(
              each ->
                  table.row(
                      each.kind(),
                      Integer.toUnsignedString(each.id()),
                      Literals.show(each.shardingKey()),
                      each.sortKey().isEmpty() ? "" : Literals.show(each.sortKey())));
      text.append(table).append('\n');
    }
    text.append(found.documents())
        .append(found.documents() == 1 ? " document, " : " documents, ")
        .append(found.rows())
        .append(found.rows() == 1 ? " row, " : " rows, ")
        .append(found.copies())
        .append(
            found.copies() == 1 ? " copy of another document: " : " copies of other documents: ")
        .append(found.differences() == 0 ? "no" : Long.toString(found.differences()))
        .append(found.differences() == 1 ? " difference" : " differences");
    if (found.differences() > 0) {
      text.append(
          found.counts().stream()
              .map(
                  each ->
                      each.kind()
                          + " of "
                          + Integer.toUnsignedString(each.id())
                          + ": "
                          + each.count())
              .collect(Collectors.joining(", ", " (", ")")));
      text.append(
          statement.repair()
              ? "; "
                  + found.mended()
                  + " sharding keys and "
                  + found.copiesMended()
                  + " copies mended"
              : "; mend them with: verify " + named() + "repair");
    }
    if (found.skipped() > 0) {
      text.append("; totals of ")
          .append(found.skipped())
          .append(found.skipped() == 1 ? " sharding key" : " sharding keys")
          .append(" could not be compared, it took too long");
    }
    if (found.unasked() > 0) {
      text.append("; ")
          .append(found.unasked())
          .append(
              found.unasked() == 1
                  ? " document that is copied could not be asked"
                  : " documents that are copied could not be asked")
          .append(": verify again");
    }
    return text.toString();
  }

  private String named() {
    return statement.collection().isEmpty() ? "" : statement.collection() + " ";
  }

  private static Map<String, Object> json(Admin.Verification found) {
    List<Object> shown = new ArrayList<>();
    for (Admin.Difference each : found.first()) {
      shown.add(
          Json.object(
              "kind", each.kind(),
              "id", Integer.toUnsignedLong(each.id()),
              "sharding_key", Literals.json(each.shardingKey()),
              "sort_key", Literals.json(each.sortKey())));
    }
    List<Object> counts = new ArrayList<>();
    for (Admin.DifferenceCount each : found.counts()) {
      counts.add(
          Json.object(
              "kind", each.kind(),
              "id", Integer.toUnsignedLong(each.id()),
              "count", each.count()));
    }
    return Json.object(
        "documents", found.documents(),
        "rows", found.rows(),
        "differences", found.differences(),
        "counts", counts,
        "shown", shown,
        "mended", found.mended(),
        "copies", found.copies(),
        "copies_mended", found.copiesMended(),
        "unasked", found.unasked(),
        "skipped", found.skipped());
  }
}
