package io.henge.cli.shell;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.Table;
import io.henge.client.FindExplanation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Shows how finds are read. */
final class ExplainAnswers {
  private ExplainAnswers() {}

  /** Of one within a sharding key. */
  static Answer of(FindExplanation how) {
    Table table =
        Table.of("question", "answer")
            .row("plan", how.plan())
            .row("sorted", how.inOrder() ? "no: read in this order" : "if asked for")
            .row("index rows looked at", Long.toString(how.indexRows()))
            .row("documents looked at", Long.toString(how.documents()))
            .row("documents found", Integer.toString(how.found()));
    return new Answer(
        table.toString(),
        Json.object(
            "plan", how.plan(),
            "index", how.index(),
            "in_order", how.inOrder(),
            "index_rows", how.indexRows(),
            "documents_looked_at", how.documents(),
            "found", how.found()));
  }

  /** Of one over all shards: a line for each. */
  static Answer ofShards(Map<Long, FindExplanation> shards) {
    Table table = Table.of("shard", "plan", "index rows", "documents", "found");
    List<Object> json = new ArrayList<>();
    shards.forEach(
        (shard, how) -> {
          table.row(shard, how.plan(), how.indexRows(), how.documents(), how.found());
          json.add(
              Json.object(
                  "shard", shard,
                  "plan", how.plan(),
                  "index", how.index(),
                  "index_rows", how.indexRows(),
                  "documents_looked_at", how.documents(),
                  "found", how.found()));
        });
    return new Answer(table.toString(), json);
  }
}
