package io.henge.cli.shell;

import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.Consistency;
import io.henge.client.Copy;
import io.henge.client.FindOptions;
import io.henge.client.Index;
import io.henge.client.Returning;
import io.henge.client.WatchOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A statement of the shell, understood but not yet done. */
public sealed interface Statement {
  /** The verb it begins with. */
  Verb verb();

  /** Names one item. */
  record Target(String collection, Key shardingKey, Key sortKey) {}

  /**
   * What a read promises, how far behind it may be if bounded, and whether it tells of copies from
   * other shards.
   */
  record Level(Consistency consistency, Duration stalenessMax, boolean copies) {
    static final Level LINEARIZABLE = new Level(Consistency.LINEARIZABLE, Duration.ZERO);

    Level(Consistency consistency, Duration stalenessMax) {
      this(consistency, stalenessMax, false);
    }

    Level withCopies() {
      return new Level(consistency, stalenessMax, true);
    }
  }

  /** {@code ttlMillis} as in {@link io.henge.api.item.Action.Put}. */
  record Put(Target target, Value value, long ttlMillis, Condition condition) implements Statement {
    @Override
    public Verb verb() {
      return Verb.PUT;
    }
  }

  record Get(Target target, Level level) implements Statement {
    @Override
    public Verb verb() {
      return Verb.GET;
    }
  }

  /** {@code returnPrevious}: whether to show what was deleted. */
  record Delete(Target target, Condition condition, boolean returnPrevious) implements Statement {
    @Override
    public Verb verb() {
      return Verb.DEL;
    }
  }

  record Scan(
      String collection,
      Key shardingKey,
      @Nullable Key from,
      @Nullable Key to,
      boolean reverse,
      int limit,
      Level level)
      implements Statement {
    /** Items, if the statement does not say how many. */
    static final int LIMIT_DEFAULT = 100;

    /** An answer is held in memory to be laid out: longer ranges are read part by part. */
    static final int LIMIT_MAX = 10_000;

    @Override
    public Verb verb() {
      return Verb.SCAN;
    }
  }

  record CompareAndSet(Target target, Value expected, Value value) implements Statement {
    @Override
    public Verb verb() {
      return Verb.CAS;
    }
  }

  record Increment(Target target, long delta) implements Statement {
    @Override
    public Verb verb() {
      return Verb.INCR;
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  record Append(Target target, byte[] bytes) implements Statement {
    @Override
    public Verb verb() {
      return Verb.APPEND;
    }
  }

  record Expire(Target target, long ttlMillis) implements Statement {
    @Override
    public Verb verb() {
      return Verb.TTL;
    }
  }

  /** {@code verb}: insert, replace or upsert; {@code ttlMillis} as in {@link Put}. */
  record PutDocument(
      Verb verb,
      String collection,
      String document,
      Condition condition,
      long ttlMillis,
      Returning returning)
      implements Statement {}

  /** {@code initial}: what to begin from if there is no document; empty = that is an error. */
  record PatchDocument(
      Target target, String patch, String initial, Condition condition, Returning returning)
      implements Statement {
    @Override
    public Verb verb() {
      return Verb.PATCH;
    }
  }

  /** Writes of one sharding key that take effect together. */
  record WriteBatch(List<Statement> steps) implements Statement {
    @Override
    public Verb verb() {
      return Verb.BATCH;
    }
  }

  /** How documents are shown. */
  enum Layout {
    /** One line each. */
    LINES,
    /** Over several lines. */
    PRETTY,
    /** A row each, a column for each member. */
    TABLE
  }

  /** {@code shardingKey}: null for all shards. */
  record Find(
      String collection, @Nullable Key shardingKey, FindOptions find, Layout layout, Level level)
      implements Statement {
    @Override
    public Verb verb() {
      return Verb.FIND;
    }
  }

  /** {@code shardingKey}: null for all shards; {@code path}: empty to count documents only. */
  record Figures(
      String collection, @Nullable Key shardingKey, String path, FindOptions find, Level level)
      implements Statement {
    @Override
    public Verb verb() {
      return Verb.TOTALS;
    }
  }

  /**
   * Everything of a sharding key.
   *
   * @param cursor that the last one has ended with; null = from the beginning
   */
  record Family(Key shardingKey, int limit, byte @Nullable [] cursor, Level level)
      implements Statement {
    @Override
    public Verb verb() {
      return Verb.FAMILY;
    }
  }

  record CreateCollection(String name, CollectionOptions options) implements Statement {
    @Override
    public Verb verb() {
      return Verb.CREATE;
    }
  }

  record DropCollection(String name) implements Statement {
    @Override
    public Verb verb() {
      return Verb.DROP;
    }
  }

  record CreateIndex(String collection, Index index, boolean awaited) implements Statement {
    @Override
    public Verb verb() {
      return Verb.CREATE;
    }
  }

  record DropIndex(String collection, String name) implements Statement {
    @Override
    public Verb verb() {
      return Verb.DROP;
    }
  }

  /** {@code replaces}: whether it takes the place of the copy that writes the same. */
  record CreateCopy(Copy copy, boolean replaces, boolean awaited) implements Statement {
    @Override
    public Verb verb() {
      return Verb.COPY;
    }
  }

  /** {@code copy}: its number, or what it writes. */
  record DropCopy(String copy, boolean keep) implements Statement {
    @Override
    public Verb verb() {
      return Verb.DROP;
    }
  }

  record KeepChanges(String collection, Duration retention, boolean before) implements Statement {
    @Override
    public Verb verb() {
      return Verb.CHANGES;
    }
  }

  /** {@code limit}: 0 = none; {@code time}: zero = until it is ended. */
  record WatchChanges(String collection, WatchOptions options, int limit, Duration time)
      implements Statement {
    @Override
    public Verb verb() {
      return Verb.WATCH;
    }
  }

  /** {@code collection}: empty for all. */
  record Verify(String collection, boolean repair) implements Statement {
    @Override
    public Verb verb() {
      return Verb.VERIFY;
    }
  }

  record DropChanges(String collection) implements Statement {
    @Override
    public Verb verb() {
      return Verb.DROP;
    }
  }

  /** {@code verb}: indexes or copies; {@code collection}: empty for all. */
  record ListDerived(Verb verb, String collection) implements Statement {}

  /** {@code collection}: empty for all. */
  record CopiesStatus(String collection) implements Statement {
    @Override
    public Verb verb() {
      return Verb.COPIES;
    }
  }

  record Explain(Get get) implements Statement {
    @Override
    public Verb verb() {
      return Verb.EXPLAIN;
    }
  }

  record ExplainFind(Find find) implements Statement {
    @Override
    public Verb verb() {
      return Verb.EXPLAIN;
    }
  }

  /** {@code at}: the first sharding key of the new shard, or null for the middle. */
  record Split(long shardId, @Nullable Key at, boolean awaited) implements Statement {
    @Override
    public Verb verb() {
      return Verb.SPLIT;
    }
  }

  record Merge(long shardId, boolean awaited) implements Statement {
    @Override
    public Verb verb() {
      return Verb.MERGE;
    }
  }

  record Move(long shardId, String from, String to, boolean awaited) implements Statement {
    @Override
    public Verb verb() {
      return Verb.MOVE;
    }
  }

  record Transfer(long shardId, String to) implements Statement {
    @Override
    public Verb verb() {
      return Verb.TRANSFER;
    }
  }

  record Drain(String node, boolean awaited) implements Statement {
    @Override
    public Verb verb() {
      return Verb.DRAIN;
    }
  }

  record Remove(String node, boolean dead, boolean awaited) implements Statement {
    @Override
    public Verb verb() {
      return Verb.REMOVE;
    }
  }

  record ListOperations(boolean all) implements Statement {
    @Override
    public Verb verb() {
      return Verb.OPERATIONS;
    }
  }

  /** {@code verb}: pause, resume or cancel. */
  record Control(Verb verb, long operationId) implements Statement {}

  record ExplainShard(long shardId) implements Statement {
    @Override
    public Verb verb() {
      return Verb.EXPLAIN;
    }
  }

  /** {@code level}: 0 = the highest that every node reads. */
  record Upgrade(int level, boolean dryRun) implements Statement {
    @Override
    public Verb verb() {
      return Verb.UPGRADE;
    }
  }

  /** An empty value is the default again. */
  record Set(String setting, String value) implements Statement {
    @Override
    public Verb verb() {
      return Verb.SET;
    }
  }

  record Help(Optional<Verb> about) implements Statement {
    @Override
    public Verb verb() {
      return Verb.HELP;
    }
  }

  /** A verb without arguments. */
  record Plain(Verb verb) implements Statement {}
}
