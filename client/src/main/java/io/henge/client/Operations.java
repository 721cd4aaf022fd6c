package io.henge.client;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What changes the shape of a cluster while it serves: shards are cut, joined and moved, nodes are
 * emptied and removed. Beginning something returns at once with its record in the meta shard; from
 * there the cluster carries it out, whoever dies meanwhile. Calls block until they are answered.
 * Thread-safe.
 *
 * <p>Beginning is not repeated by itself when an answer is lost: {@link HengeException} with
 * OUTCOME_UNKNOWN, and {@link #list} shows whether it has begun.
 */
public interface Operations {
  /** What an operation does. */
  enum Kind {
    SPLIT,
    MERGE,
    MOVE,
    DRAIN,
    REMOVE,
    /** One that this version does not know. */
    UNKNOWN
  }

  /** How far an operation is. */
  enum State {
    RUNNING,
    PAUSED,
    /** Being taken back, or finished if it is too late for that. */
    CANCELLING,
    DONE,
    FAILED,
    CANCELLED,
    /** One that this version does not know. */
    UNKNOWN;

    /** Whether nothing more will happen. */
    public boolean isEnded() {
      return this == DONE || this == FAILED || this == CANCELLED;
    }
  }

  /**
   * Something that takes a while.
   *
   * @param shardId 0 if it is about a node
   * @param otherShardId of a split: the new shard; of a merge: the one that is absorbed; else 0
   * @param fromNode id of the node that is left, or empty
   * @param toNode id of the node that is gone to, or empty
   * @param phase the step it is in, in a word; may be empty
   * @param reason why it was begun
   * @param message what hinders it or why it failed; may be empty
   * @param byCommand somebody asked for it, rather than the planner
   * @param started in cluster time
   * @param ended in cluster time; the beginning of 1970 = not yet
   * @param progress zeros where it is not known
   */
  record Operation(
      long id,
      Kind kind,
      long shardId,
      long otherShardId,
      String fromNode,
      String toNode,
      State state,
      String phase,
      String reason,
      String message,
      boolean byCommand,
      Instant started,
      Instant ended,
      Progress progress) {}

  /** How much of an operation's data has been moved. */
  record Progress(long bytesDone, long bytesTotal, long bytesPerSecond, Duration left) {
    public static final Progress UNKNOWN = new Progress(0, 0, 0, Duration.ZERO);
  }

  /**
   * What the planner would do now.
   *
   * @param remarks what it would like to do and cannot, in sentences
   */
  record Plan(List<Step> steps, List<String> remarks) {}

  /**
   * One thing that the planner would do.
   *
   * @param what in a word
   * @param shardId 0 = the meta shard, or none
   */
  record Step(String what, long shardId, String reason) {}

  /** A setting of the cluster. */
  record Setting(String name, String value, String byDefault, String description) {}

  /** Cuts a shard in the middle of its data. */
  Operation split(long shardId);

  /** Cuts a shard at the ring position of a sharding key, which will be in the upper half. */
  Operation splitAt(long shardId, Key shardingKey);

  /** Joins a shard and its right neighbour on the ring. */
  Operation merge(long shardId);

  /** Moves one replica of a shard; nodes by name or id. */
  Operation move(long shardId, String fromNode, String toNode);

  /** Moves everything away from a node, by name or id. */
  Operation drain(String node);

  /**
   * Takes a node out of the cluster for good, by name or id.
   *
   * @param dead it will never come back: its replicas are replaced by copies of the others; refused
   *     while it answers. Else it is drained first
   */
  Operation remove(String node, boolean dead);

  /**
   * Operations, oldest first.
   *
   * @param all those that have ended, too, as far as they are remembered
   */
  List<Operation> list(boolean all);

  /**
   * One operation, as it is now.
   *
   * @throws HengeException NOT_FOUND if it is not known (any more)
   */
  Operation get(long operationId);

  /** Stops an operation where it stands, until it is resumed. */
  Operation pause(long operationId);

  Operation resume(long operationId);

  /** Takes an operation back; if it is too late for that, it is finished. */
  Operation cancel(long operationId);

  Plan plan();

  /** Why nothing, or what, happens to a shard, in sentences. */
  List<String> explainShard(long shardId);

  List<Setting> settings();

  /** Changes a setting; an empty value is the default again. */
  void set(String name, String value);
}
