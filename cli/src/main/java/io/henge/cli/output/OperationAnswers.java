package io.henge.cli.output;

import io.henge.client.ClusterStatus;
import io.henge.client.Operations.Operation;
import io.henge.client.Operations.Plan;
import io.henge.client.Operations.Progress;
import io.henge.client.Operations.Setting;
import io.henge.client.Operations.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What changes the shape of the cluster, as answers. */
public final class OperationAnswers {
  private OperationAnswers() {}

  /** An operation that has been begun, or changed. */
  public static Answer one(ClusterStatus status, Operation operation) {
    return new Answer(line(status, operation), Json.object("operation", json(status, operation)));
  }

  /** In one line: what it does, how far it is, what hinders it. */
  public static String line(ClusterStatus status, Operation operation) {
    StringBuilder line = new StringBuilder("operation ").append(operation.id()).append(": ");
    line.append(what(status, operation)).append(": ").append(lower(operation.state()));
    if (!operation.state().isEnded() && !operation.phase().isEmpty()) {
      line.append(", ").append(operation.phase());
    }
    String progress = progress(operation.progress());
    if (!progress.isEmpty()) {
      line.append(", ").append(progress);
    }
    if (!operation.message().isEmpty()) {
      line.append(" (").append(operation.message()).append(')');
    }
    return line.toString();
  }

  public static Answer list(ClusterStatus status, List<Operation> operations, boolean all) {
    Table table = Table.of("id", "what", "state", "phase", "progress", "time", "why", "remark");
    List<Map<String, Object>> json = new ArrayList<>();
    for (Operation operation : operations) {
      table.row(
          operation.id(),
          what(status, operation),
          lower(operation.state()),
          operation.state().isEnded() ? "" : operation.phase(),
          progress(operation.progress()),
          time(operation),
          operation.reason(),
          operation.message());
      json.add(json(status, operation));
    }
    String none =
        all ? "(none yet)" : "(nothing is under way; those that have ended: operations all)";
    return new Answer(table.isEmpty() ? none : table.toString(), Json.object("operations", json));
  }

  public static Answer plan(Plan plan) {
    Table table = Table.of("what", "shard", "why");
    List<Map<String, Object>> json = new ArrayList<>();
    for (Step step : plan.steps()) {
      table.row(step.what(), step.shardId() == 0 ? "meta" : step.shardId(), step.reason());
      json.add(Json.object("what", step.what(), "shard", step.shardId(), "reason", step.reason()));
    }
    StringBuilder text = new StringBuilder();
    if (!table.isEmpty()) {
      text.append(table);
    } else if (plan.remarks().isEmpty()) {
      text.append("Nothing is to be done: the cluster is as it should be.");
    } else {
      text.append("Nothing can be done now.");
    }
    plan.remarks().forEach(remark -> text.append("\n! ").append(remark));
    return new Answer(text.toString(), Json.object("steps", json, "remarks", plan.remarks()));
  }

  public static Answer explained(long shardId, List<String> sentences) {
    return new Answer(
        String.join("\n", sentences), Json.object("shard", shardId, "sentences", sentences));
  }

  public static Answer settings(List<Setting> settings) {
    Table table = Table.of("setting", "value", "default", "what it does");
    List<Map<String, Object>> json = new ArrayList<>();
    for (Setting setting : settings) {
      table.row(
          setting.name(),
          setting.value(),
          setting.value().equals(setting.byDefault()) ? "" : setting.byDefault(),
          setting.description());
      json.add(
          Json.object(
              "name", setting.name(),
              "value", setting.value(),
              "default", setting.byDefault(),
              "description", setting.description()));
    }
    return new Answer(table.toString(), Json.object("settings", json));
  }

  private static String what(ClusterStatus status, Operation operation) {
    String from = ClusterAnswers.name(status, operation.fromNode());
    return switch (operation.kind()) {
      case SPLIT ->
          "split shard " + operation.shardId() + " into it and " + operation.otherShardId();
      case MERGE -> "merge shard " + operation.otherShardId() + " into " + operation.shardId();
      case MOVE ->
          "move shard "
              + operation.shardId()
              + " from "
              + from
              + " to "
              + ClusterAnswers.name(status, operation.toNode());
      case DRAIN -> "drain node " + from;
      case REMOVE -> "remove node " + from;
      case UNKNOWN -> "an operation that this version does not know";
    };
  }

  private static String progress(Progress progress) {
    if (progress.bytesTotal() == 0) {
      return "";
    }
    long percent =
        100 * Math.min(progress.bytesDone(), progress.bytesTotal()) / progress.bytesTotal();
    String text = percent + " % of " + ClusterAnswers.bytes(progress.bytesTotal());
    if (progress.bytesPerSecond() > 0) {
      text += ", " + ClusterAnswers.bytes(progress.bytesPerSecond()) + "/s";
    }
    return progress.left().isZero() ? text : text + ", " + progress.left().toSeconds() + " s left";
  }

  private static String time(Operation operation) {
    if (operation.ended().equals(Instant.EPOCH)) {
      return "";
    }
    Duration took = Duration.between(operation.started(), operation.ended());
    return String.format(Locale.ROOT, "%.1f s", took.toMillis() / 1000.0);
  }

  private static String lower(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, Object> json(ClusterStatus status, Operation operation) {
    Map<String, Object> json =
        Json.object(
            "id", operation.id(),
            "kind", lower(operation.kind()),
            "state", lower(operation.state()),
            "phase", operation.phase(),
            "reason", operation.reason(),
            "message", operation.message(),
            "by_command", operation.byCommand(),
            "started", operation.started().toString(),
            "bytes_done", operation.progress().bytesDone(),
            "bytes_total", operation.progress().bytesTotal(),
            "bytes_per_second", operation.progress().bytesPerSecond(),
            "seconds_left", operation.progress().left().toSeconds());
    if (operation.shardId() != 0) {
      json.put("shard", operation.shardId());
    }
    if (operation.otherShardId() != 0) {
      json.put("other_shard", operation.otherShardId());
    }
    if (!operation.fromNode().isEmpty()) {
      json.put("from_node", ClusterAnswers.name(status, operation.fromNode()));
    }
    if (!operation.toNode().isEmpty()) {
      json.put("to_node", ClusterAnswers.name(status, operation.toNode()));
    }
    if (!operation.ended().equals(Instant.EPOCH)) {
      json.put("ended", operation.ended().toString());
    }
    return json;
  }
}
