package io.henge.cli.output;

import io.henge.api.key.PhysicalKey;
import io.henge.client.ClusterStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the cluster says of itself, as answers. */
public final class ClusterAnswers {
  private static final int RING_RADIUS = 7;

  private ClusterAnswers() {}

  /** The whole in a few lines, and what an operator should know. */
  public static Answer status(ClusterStatus status) {
    long reachable = status.nodes().stream().filter(ClusterStatus.Node::reachable).count();
    String replication = Integer.toString(status.replicationFactor());
    if (status.replicationFactor() != status.replicationTarget()) {
      replication += " of " + status.replicationTarget() + " wanted";
    }
    long withoutLeader = status.shards().stream().filter(s -> s.leader().isEmpty()).count();
    Table table =
        Table.of("cluster", status.clusterId())
            .row("nodes", status.nodes().size() + ", of them reachable " + reachable)
            .row("shards", status.shards().size() + ", of them without a leader " + withoutLeader)
            .row("copies", replication)
            .row("meta leader", orUnknown(name(status, status.metaLeader())))
            .row("map version", Long.toString(status.mapVersion()))
            .row("feature level", Integer.toString(status.featureLevel()));
    StringBuilder text = new StringBuilder(table.toString());
    status.remarks().forEach(remark -> text.append("\n! ").append(remark));
    return new Answer(
        text.toString(),
        Json.object(
            "cluster", status.clusterId(),
            "map_version", status.mapVersion(),
            "nodes", status.nodes().size(),
            "nodes_reachable", reachable,
            "shards", status.shards().size(),
            "shards_without_leader", withoutLeader,
            "replication_factor", status.replicationFactor(),
            "replication_target", status.replicationTarget(),
            "feature_level", status.featureLevel(),
            "meta_leader", name(status, status.metaLeader()),
            "remarks", status.remarks()));
  }

  public static Answer nodes(ClusterStatus status) {
    Table table =
        Table.of(
            "name",
            "id",
            "state",
            "reachable",
            "zone",
            "client",
            "raft",
            "http",
            "replicas",
            "leaders",
            "bytes",
            "up",
            "version");
    List<Map<String, Object>> json = new ArrayList<>();
    for (ClusterStatus.Node node : status.nodes()) {
      table.row(
          node.name(),
          node.id(),
          node.state(),
          node.reachable() ? "yes" : "NO",
          node.zone(),
          node.clientAddress(),
          node.raftAddress(),
          node.httpAddress(),
          node.replicas(),
          node.leaders(),
          bytes(node.bytes()),
          node.reachable() ? uptime(node.uptimeMillis()) : "",
          node.version());
      json.add(
          Json.object(
              "name", node.name(),
              "id", node.id(),
              "state", node.state(),
              "reachable", node.reachable(),
              "zone", node.zone(),
              "client_address", node.clientAddress(),
              "raft_address", node.raftAddress(),
              "http_address", node.httpAddress(),
              "replicas", node.replicas(),
              "leaders", node.leaders(),
              "bytes", node.bytes(),
              "uptime_millis", node.uptimeMillis(),
              "version", node.version()));
    }
    return new Answer(table.toString(), Json.object("nodes", json));
  }

  public static Answer shards(ClusterStatus status) {
    Table table =
        Table.of(
            "shard", "epoch", "start", "share", "node", "role", "term", "applied", "durable",
            "items", "bytes", "writes", "reads");
    List<Map<String, Object>> json = new ArrayList<>();
    for (ClusterStatus.Shard shard : status.shards()) {
      List<Map<String, Object>> replicas = new ArrayList<>();
      boolean first = true;
      for (ClusterStatus.Replica replica : shard.replicas()) {
        table.row(
            first ? Long.toString(shard.id()) : "",
            first ? Long.toString(shard.epoch()) : "",
            first ? start(shard) : "",
            first ? percent(share(shard)) : "",
            name(status, replica.node()),
            replica.role(),
            replica.term(),
            replica.appliedIndex(),
            replica.durableIndex(),
            replica.items(),
            bytes(replica.bytes()),
            replica.writes(),
            replica.reads());
        first = false;
        replicas.add(json(status, replica));
      }
      if (shard.replicas().isEmpty()) {
        table.row(
            shard.id(),
            shard.epoch(),
            start(shard),
            percent(share(shard)),
            "?",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "");
      }
      Map<String, Object> one = json(status, shard);
      one.put("replicas", replicas);
      json.add(one);
    }
    return new Answer(table.toString(), Json.object("shards", json));
  }

  /** The ring as a picture, with its legend. */
  public static Answer ring(ClusterStatus status, boolean colour) {
    List<Ring.Arc> arcs = new ArrayList<>();
    Table legend = Table.of("", "shard", "start", "share", "leader", "replicas");
    List<Map<String, Object>> json = new ArrayList<>();
    for (ClusterStatus.Shard shard : status.shards()) {
      char mark = Ring.mark(arcs.size());
      arcs.add(new Ring.Arc(shard.id(), startFraction(shard), shard.leader()));
      String replicas =
          shard.replicas().stream()
              .map(r -> name(status, r.node()))
              .collect(Collectors.joining(" "));
      legend.row(
          mark,
          shard.id(),
          start(shard),
          percent(share(shard)),
          orUnknown(name(status, shard.leader())),
          replicas);
      json.add(json(status, shard));
    }
    String picture = Ring.draw(arcs, RING_RADIUS, colour);
    return new Answer(picture + "\n\n" + legend, Json.object("shards", json));
  }

  private static Map<String, Object> json(ClusterStatus status, ClusterStatus.Shard shard) {
    return Json.object(
        "id", shard.id(),
        "epoch", shard.epoch(),
        "start", HexFormat.of().formatHex(shard.start()),
        "end", HexFormat.of().formatHex(shard.end()),
        "share", share(shard),
        "leader", name(status, shard.leader()));
  }

  private static Map<String, Object> json(ClusterStatus status, ClusterStatus.Replica replica) {
    return Json.object(
        "node", name(status, replica.node()),
        "role", replica.role(),
        "term", replica.term(),
        "applied_index", replica.appliedIndex(),
        "durable_index", replica.durableIndex(),
        "log_start_index", replica.logStartIndex(),
        "items", replica.items(),
        "bytes", replica.bytes(),
        "writes", replica.writes(),
        "reads", replica.reads());
  }

  /** The operator's name of a node that is given by its id (or by its name already). */
  static String name(ClusterStatus status, String id) {
    return status.nodes().stream()
        .filter(node -> node.id().equals(id))
        .map(ClusterStatus.Node::name)
        .findFirst()
        .orElse(id);
  }

  private static String orUnknown(String name) {
    return name.isEmpty() ? "(none)" : name;
  }

  private static String start(ClusterStatus.Shard shard) {
    return String.format("%016x", PhysicalKey.token(shard.start()));
  }

  private static double startFraction(ClusterStatus.Shard shard) {
    return Ring.fraction(PhysicalKey.token(shard.start()));
  }

  /** The part of the ring that a shard has, 0 to 1. */
  private static double share(ClusterStatus.Shard shard) {
    double end = shard.end().length == 0 ? 1.0 : Ring.fraction(PhysicalKey.token(shard.end()));
    return end - startFraction(shard);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  static String bytes(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " B";
    }
    int exponent = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
    double amount = bytes / (double) (1L << (10 * exponent));
    return String.format(Locale.ROOT, "%.1f %siB", amount, "KMGTPE".charAt(exponent - 1));
  }

  private static String uptime(long millis) {
    Duration up = Duration.ofMillis(millis);
    if (up.toDays() > 0) {
      return up.toDays() + "d " + up.toHoursPart() + "h";
    }
    return up.toHours() > 0
        ? up.toHours() + "h " + up.toMinutesPart() + "m"
        : up.toMinutes() + "m " + up.toSecondsPart() + "s";
  }
}
