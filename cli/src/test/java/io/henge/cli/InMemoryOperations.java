package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.Operations;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Operations that are running when they are begun and done when they are looked at. */
final class InMemoryOperations implements Operations {
  private static final Instant STARTED = Instant.ofEpochMilli(1_800_000_000_000L);

  private final Map<Long, Operation> operations = new TreeMap<>();
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final Supplier<List<String>> nodes;
  private boolean failing;

  /**
   * Operations on nodes.
   *
   * @param nodes names of those that there are
   */
  InMemoryOperations(Supplier<List<String>> nodes) {
    this.nodes = nodes;
    settings.put("split-bytes", "512m");
  }

  /** From now on whatever is looked at has failed. */
  void failAll() {
    failing = true;
  }

  private Operation begin(Kind kind, long shard, long other, String from, String to) {
    if (shard > 2) {
      throw new HengeException(ErrorCode.NOT_FOUND, "shard_id: there is no shard " + shard);
    }
    for (String node : List.of(from, to)) {
      if (!node.isEmpty() && !nodes.get().contains(node)) {
        throw new HengeException(ErrorCode.NOT_FOUND, "node: there is no node '" + node + "'");
      }
    }
    long id = operations.size() + 1L;
    Operation begun =
        new Operation(
            id,
            kind,
            shard,
            other,
            from,
            to,
            State.RUNNING,
            "begun",
            "an operator has asked for it",
            "",
            true,
            STARTED,
            Instant.EPOCH,
            Progress.UNKNOWN);
    operations.put(id, begun);
    return begun;
  }

  private Operation in(long id, State state, String message) {
    Operation known = operations.get(id);
    if (known == null) {
      throw new HengeException(
          ErrorCode.NOT_FOUND, "there is no operation " + id + ", or it ended long ago");
    }
    Operation changed =
        new Operation(
            known.id(),
            known.kind(),
            known.shardId(),
            known.otherShardId(),
            known.fromNode(),
            known.toNode(),
            state,
            "copying",
            known.reason(),
            message,
            known.byCommand(),
            known.started(),
            state.isEnded() ? STARTED.plusMillis(1_250) : Instant.EPOCH,
            new Progress(1 << 20, 4 << 20, 1 << 20, Duration.ofSeconds(3)));
    operations.put(id, changed);
    return changed;
  }

  @Override
  public Operation split(long shardId) {
    return begin(Kind.SPLIT, shardId, 3, "", "");
  }

  @Override
  public Operation splitAt(long shardId, Key shardingKey) {
    return begin(Kind.SPLIT, shardId, 3, "", "");
  }

  @Override
  public Operation merge(long shardId) {
    return begin(Kind.MERGE, shardId, shardId + 1, "", "");
  }

  @Override
  public Operation move(long shardId, String fromNode, String toNode) {
    return begin(Kind.MOVE, shardId, 0, fromNode, toNode);
  }

  @Override
  public Operation drain(String node) {
    return begin(Kind.DRAIN, 0, 0, node, "");
  }

  @Override
  public Operation remove(String node, boolean dead) {
    return begin(Kind.REMOVE, 0, 0, node, "");
  }

  @Override
  public List<Operation> list(boolean all) {
    return new ArrayList<>(operations.values())
        .stream().filter(operation -> all || !operation.state().isEnded()).toList();
  }

  @Override
  public Operation get(long operationId) {
    return failing
        ? in(operationId, State.FAILED, "shard 1 cannot be cut")
        : in(operationId, State.DONE, "");
  }

  @Override
  public Operation pause(long operationId) {
    return in(operationId, State.PAUSED, "");
  }

  @Override
  public Operation resume(long operationId) {
    return in(operationId, State.RUNNING, "");
  }

  @Override
  public Operation cancel(long operationId) {
    return in(operationId, State.CANCELLED, "");
  }

  @Override
  public Plan plan() {
    return new Plan(
        List.of(new Step("transfer", 2, "node n1 leads 2 shards, node n2 none")),
        List.of("1 node: every shard has 1 copy; 3 nodes are needed for 3 copies"));
  }

  @Override
  public List<String> explainShard(long shardId) {
    return List.of("shard " + shardId + " is as it should be.");
  }

  @Override
  public List<Setting> settings() {
    return settings.entrySet().stream()
        .map(e -> new Setting(e.getKey(), e.getValue(), "512m", "a shard with more is cut"))
        .toList();
  }

  @Override
  public void set(String name, String value) {
    if (!settings.containsKey(name)) {
      throw HengeException.invalid(
          "there is no setting '" + name + "'; there are " + settings.keySet());
    }
    settings.put(name, value.isEmpty() ? "512m" : value);
  }
}
