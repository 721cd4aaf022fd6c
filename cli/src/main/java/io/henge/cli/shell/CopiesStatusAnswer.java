package io.henge.cli.shell;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.Table;
import io.henge.client.CopiesStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How copies keep up with their sources, for people and for programs. */
final class CopiesStatusAnswer {
  private CopiesStatusAnswer() {}

  static Answer of(CopiesStatus status) {
    Table table =
        Table.of(
            "number",
            "declared",
            "copies",
            "bound",
            "lag",
            "worst lag",
            "oldest",
            "to send",
            "to register",
            "changed");
    List<Map<String, Object>> json = new ArrayList<>();
    for (CopiesStatus.Figures copy : status.copies()) {
      table.row(cells(copy));
      json.add(json(copy));
    }
    StringBuilder text = new StringBuilder();
    text.append(
        table.isEmpty()
            ? "(no copies; example: " + Verb.COPY.examples().get(0) + ")"
            : table.toString());
    if (!status.silentShards().isEmpty()) {
      text.append("\n! no leader has told of shards ").append(status.silentShards());
      text.append(": what they have is missing above");
    }
    if (!status.silentNodes().isEmpty()) {
      text.append("\n! no answer from ").append(String.join(", ", status.silentNodes()));
    }
    return new Answer(
        text.toString(),
        Json.object(
            "copies", json,
            "silent_shards", status.silentShards(),
            "silent_nodes", status.silentNodes()));
  }

  private static Object[] cells(CopiesStatus.Figures copy) {
    if (!copy.follows()) {
      return new Object[] {
        copy.status().id(), copy.status().copy(), "", "", "", "", "", "", "", ""
      };
    }
    return new Object[] {
      copy.status().id(),
      copy.status().copy(),
      copy.moreHolders() ? "over " + copy.holders() : copy.holders(),
      seconds(copy.bound()),
      copy.lag().isZero() ? "none" : seconds(copy.lag()) + exceeded(copy.lag(), copy),
      seconds(copy.worstLag()) + exceeded(copy.worstLag(), copy),
      copy.oldest().map(CopiesStatusAnswer::shown).orElse(""),
      copy.fanoutRows(),
      copy.outboxRows(),
      copy.holdersChanged()
    };
  }

  private static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
  }

  private static String exceeded(Duration lag, CopiesStatus.Figures copy) {
    return lag.compareTo(copy.bound()) > 0 ? " !" : "";
  }

  private static String shown(CopiesStatus.Source source) {
    return source.collection()
        + " "
        + source.shardingKey()
        + (source.id().parts().isEmpty() ? "" : " " + source.id());
  }

  private static Map<String, Object> json(CopiesStatus.Figures copy) {
    return Json.object(
        "id", copy.status().id(),
        "holder", copy.status().holder(),
        "declared", copy.status().copy().toString(),
        "ready", copy.status().ready(),
        "failure", copy.status().failure(),
        "follows", copy.follows(),
        "holders", copy.holders(),
        "more_holders", copy.moreHolders(),
        "bound_millis", copy.bound().toMillis(),
        "lag_millis", copy.lag().toMillis(),
        "worst_lag_millis", copy.worstLag().toMillis(),
        "oldest", copy.oldest().map(CopiesStatusAnswer::shown).orElse(""),
        "fanout_rows", copy.fanoutRows(),
        "outbox_rows", copy.outboxRows(),
        "holders_changed", copy.holdersChanged(),
        "shards", copy.shards().stream().map(CopiesStatusAnswer::json).toList());
  }

  private static Map<String, Object> json(CopiesStatus.Shard shard) {
    return Json.object(
        "shard", shard.id(),
        "node", shard.node(),
        "holders", shard.holders(),
        "more_holders", shard.moreHolders(),
        "lag_millis", shard.lag().toMillis(),
        "worst_lag_millis", shard.worstLag().toMillis(),
        "fanout_rows", shard.fanoutRows(),
        "outbox_rows", shard.outboxRows());
  }
}
