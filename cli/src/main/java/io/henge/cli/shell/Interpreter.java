package io.henge.cli.shell;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.cli.output.Answer;
import io.henge.cli.output.ClusterAnswers;
import io.henge.cli.output.Json;
import io.henge.cli.output.ProgressLine;
import io.henge.cli.output.Table;
import io.henge.cli.shell.Statement.Level;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.Admin;
import io.henge.client.CollectionOptions.Documents;
import io.henge.client.Explanation;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.Session;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Does statements with a client. All statements of one interpreter are one session: reads {@code at
 * session} see what it has written and read.
 */
public final class Interpreter {
  private final HengeClient client;
  private final Session session;
  private final boolean colour;
  private final Consumer<String> progress;
  private final Function<String, ProgressLine> bars;
  private final Operator operator;
  private final DocumentStatements documents;
  private final FieldsSeen fields = new FieldsSeen();
  private final DeclarationStatements declarations;

  /**
   * An interpreter.
   *
   * @param colour whether pictures may hold escape sequences for colours
   * @param progress gets a line for people now and then while a statement waits
   */
  public Interpreter(HengeClient client, boolean colour, Consumer<String> progress) {
    this(client, colour, progress, what -> ProgressLine.silent());
  }

  /**
   * An interpreter.
   *
   * @param bars shows how far a statement is that goes through the whole ring, by what it does
   */
  public Interpreter(
      HengeClient client,
      boolean colour,
      Consumer<String> progress,
      Function<String, ProgressLine> bars) {
    this.session = new Session();
    this.client = client.within(session);
    this.colour = colour;
    this.progress = progress;
    this.bars = bars;
    this.operator = new Operator(client, progress);
    this.documents = new DocumentStatements(this.client, this::options, bars, fields);
    this.declarations = new DeclarationStatements(this.client);
  }

  /**
   * Does one statement; blocks until it is done.
   *
   * @throws HengeException if it failed
   */
  public Answer execute(Statement statement) {
    if (statement instanceof Statement.Put put) {
      return put(put);
    } else if (statement instanceof Statement.Get get) {
      return get(get);
    } else if (statement instanceof Statement.Delete delete) {
      return delete(delete);
    } else if (statement instanceof Statement.Scan scan) {
      return scan(scan);
    } else if (statement instanceof Statement.CompareAndSet cas) {
      return compareAndSet(cas);
    } else if (statement instanceof Statement.Increment increment) {
      return increment(increment);
    } else if (statement instanceof Statement.Append append) {
      return append(append);
    } else if (statement instanceof Statement.Expire expire) {
      return expire(expire);
    } else if (statement instanceof Statement.CreateCollection create) {
      return create(create);
    } else if (statement instanceof Statement.DropCollection drop) {
      client.admin().dropCollection(drop.name());
      return new Answer(
          "dropped collection " + drop.name(), Json.object("dropped", true, "name", drop.name()));
    } else if (statement instanceof Statement.Explain explain) {
      return explain(explain.get());
    } else if (statement instanceof Statement.Help help) {
      return help.about().map(HelpText::of).orElseGet(HelpText::all);
    }
    return documents
        .execute(statement)
        .or(() -> declarations.execute(statement))
        .or(() -> operator.execute(statement))
        .orElseGet(() -> plain(statement.verb()));
  }

  /**
   * Shows changes until there are enough, or time is over, or the thread is interrupted.
   *
   * @param line takes each of them, and at the end where to go on from
   * @throws HengeException if it failed
   */
  void watch(Statement.WatchChanges statement, Predicate<Answer> line) {
    new WatchStatement(client, statement, line, progress).run();
  }

  /**
   * Verifies.
   *
   * @param line takes what was found
   * @return whether nothing is wrong any more
   */
  boolean verify(Statement.Verify statement, Consumer<Answer> line) {
    try (ProgressLine bar = bars.apply("verify")) {
      return new VerifyStatement(client, statement)
          .run(done -> bar.update(done, () -> "of the ring"), line);
    }
  }

  /** Paths of fields that documents of a collection were seen to have. */
  List<String> fieldsSeen(String collection) {
    return fields.of(collection);
  }

  private Answer plain(Verb verb) {
    return switch (verb) {
      case COLLECTIONS -> collections();
      case STATUS -> ClusterAnswers.status(client.admin().status());
      case NODES -> ClusterAnswers.nodes(client.admin().status());
      case SHARDS -> ClusterAnswers.shards(client.admin().status());
      case RING -> ClusterAnswers.ring(client.admin().status(), colour);
      default -> throw new IllegalArgumentException(verb.word() + " is not a statement of its own");
    };
  }

  private Answer put(Statement.Put put) {
    Target at = put.target();
    WriteOptions options =
        new WriteOptions(put.condition(), put.ttlMillis(), false, WriteOptions.DEFAULT.timeout());
    return written(collection(at).put(at.shardingKey(), at.sortKey(), put.value(), options));
  }

  private Answer get(Statement.Get get) {
    Target at = get.target();
    Optional<Item> item = collection(at).get(at.shardingKey(), at.sortKey(), options(get.level()));
    item.filter(found -> found.value() instanceof Value.Document)
        .ifPresent(found -> fields.note(at.collection(), found.document()));
    return item.map(
            found ->
                get.level().copies()
                    ? new CopyInfoTable("").add("", found.copies()).behind(found(found))
                    : found(found))
        .orElseGet(() -> new Answer("(not found)", Json.object("found", false)));
  }

  private static Answer found(Item item) {
    String expiry = item.expiresAt().map(t -> ", expires " + t).orElse("");
    Map<String, Object> json = Json.object("found", true);
    json.putAll(json(item));
    String gap = item.value() instanceof Value.Document ? "\n" : "  ";
    return new Answer(
        Literals.pretty(item.value()) + gap + "(version " + item.version() + expiry + ")", json);
  }

  /** Versions have 64 bits: as JSON numbers many readers would round them. */
  private static Map<String, Object> json(Item item) {
    Map<String, Object> json =
        Json.object(
            "sharding_key", Literals.json(item.shardingKey()),
            "sort_key", Literals.json(item.sortKey()),
            "type", Literals.type(item.value()),
            "value", Literals.json(item.value()),
            "version", Long.toString(item.version()));
    item.expiresAt().ifPresent(t -> json.put("expires_at", t.toString()));
    return json;
  }

  private Answer delete(Statement.Delete delete) {
    Target at = delete.target();
    WriteOptions options = WriteOptions.DEFAULT.onlyIf(delete.condition());
    WriteResult result =
        collection(at)
            .delete(
                at.shardingKey(),
                at.sortKey(),
                delete.returnPrevious() ? options.returningPrevious() : options);
    String text = result.existed() ? "deleted" : "(not found)";
    Map<String, Object> json = Json.object("deleted", result.existed());
    if (delete.returnPrevious() && result.previous().isPresent()) {
      Value value = result.previous().get().value();
      json.put("returned", Literals.json(value));
      text += "\n" + Literals.pretty(value);
    }
    return new Answer(text, json);
  }

  private Answer scan(Statement.Scan scan) {
    ScanOptions range =
        new ScanOptions(scan.from(), scan.to(), scan.reverse(), scan.limit() + 1, null);
    Iterator<Item> found =
        client
            .collection(scan.collection())
            .iterate(scan.shardingKey(), range, options(scan.level()));
    List<Item> items = new ArrayList<>();
    while (items.size() < scan.limit() && found.hasNext()) {
      items.add(found.next());
    }
    // Ascending, the next part begins with the item after; descending, it ends before the last.
    Key next = null;
    if (items.size() == scan.limit() && found.hasNext()) {
      next = scan.reverse() ? items.get(items.size() - 1).sortKey() : found.next().sortKey();
    }
    Table table = Table.of("sort key", "value", "version", "expires");
    List<Map<String, Object>> json = new ArrayList<>();
    for (Item item : items) {
      table.row(
          Literals.show(item.sortKey()),
          Literals.show(item.value()),
          item.version(),
          item.expiresAt().map(Instant::toString).orElse(""));
      json.add(json(item));
    }
    String count = items.size() + (items.size() == 1 ? " item" : " items");
    Map<String, Object> answer = Json.object("items", json, "more", next != null);
    if (next != null) {
      String clause = scan.reverse() ? "to" : "from";
      count += "; there are more: scan on with " + clause + " " + Literals.show(next);
      answer.put("next_" + clause, Literals.json(next));
    }
    return new Answer(items.isEmpty() ? count : table + "\n" + count, answer);
  }

  private Answer compareAndSet(Statement.CompareAndSet cas) {
    Target at = cas.target();
    if (collection(at).compareAndSet(at.shardingKey(), at.sortKey(), cas.expected(), cas.value())) {
      return new Answer("ok", Json.object("ok", true));
    }
    throw new HengeException(
        ErrorCode.CONDITION_FAILED,
        "the item does not have the value "
            + Literals.show(cas.expected())
            + "; nothing was changed");
  }

  private Answer increment(Statement.Increment increment) {
    Target at = increment.target();
    WriteResult result =
        collection(at).increment(at.shardingKey(), at.sortKey(), increment.delta());
    return new Answer(
        Long.toString(result.counter()),
        Json.object(
            "ok", true, "counter", result.counter(), "version", Long.toString(result.version())));
  }

  private Answer append(Statement.Append append) {
    Target at = append.target();
    return written(
        collection(at)
            .append(at.shardingKey(), at.sortKey(), append.bytes(), WriteOptions.DEFAULT));
  }

  private Answer expire(Statement.Expire expire) {
    Target at = expire.target();
    WriteOptions options =
        new WriteOptions(
            WriteOptions.DEFAULT.condition(),
            expire.ttlMillis(),
            false,
            WriteOptions.DEFAULT.timeout());
    return written(collection(at).touch(at.shardingKey(), at.sortKey(), options));
  }

  private static Answer written(WriteResult result) {
    return new Answer(
        "ok  (version " + result.version() + ")",
        Json.object("ok", true, "version", Long.toString(result.version())));
  }

  private Answer create(Statement.CreateCollection create) {
    Admin.CollectionInfo made = client.admin().createCollection(create.name(), create.options());
    Map<String, Object> json = Json.object("created", true);
    json.putAll(json(made));
    return new Answer("created collection " + made.name() + "  (id " + made.id() + ")", json);
  }

  private Answer collections() {
    Table table = Table.of("name", "id", "documents", "ttl", "divisible");
    List<Map<String, Object>> json = new ArrayList<>();
    for (Admin.CollectionInfo collection : client.admin().collections()) {
      table.row(
          collection.name(),
          collection.id(),
          keys(collection.documents()),
          collection.ttl().isZero() ? "never" : Durations.show(collection.ttl()),
          collection.divisible() ? "yes" : "no");
      json.add(json(collection));
    }
    String text =
        table.isEmpty() ? "(no collections; example: create collection carts)" : table.toString();
    return new Answer(text, Json.object("collections", json));
  }

  /** As they are declared; empty for a collection of items. */
  private static String keys(@Nullable Documents keys) {
    if (keys == null) {
      return "";
    }
    return "shard by "
        + String.join(", ", keys.shardBy())
        + " id "
        + String.join(", ", keys.id())
        + (keys.expireAt().isEmpty() ? "" : " expiring at " + keys.expireAt());
  }

  private static Map<String, Object> json(Admin.CollectionInfo collection) {
    Map<String, Object> json =
        Json.object(
            "name", collection.name(),
            "id", collection.id(),
            "ttl_millis", collection.ttl().toMillis(),
            "divisible", collection.divisible());
    Documents keys = collection.documents();
    if (keys != null) {
      json.put("shard_paths", keys.shardBy());
      json.put("id_paths", keys.id());
      json.put("ttl_path", keys.expireAt());
    }
    return json;
  }

  private Answer explain(Statement.Get get) {
    Target at = get.target();
    Explanation path =
        client.explainGet(at.collection(), at.shardingKey(), at.sortKey(), options(get.level()));
    String staleness =
        path.stalenessMillis() < 0 ? "unknown" : "at most " + path.stalenessMillis() + " ms";
    Table table = Table.of("question", "answer");
    table.row("item", path.item().map(i -> Literals.show(i.value())).orElse("(not found)"));
    table.row("token", String.format("%016x", at.shardingKey().token()));
    table.row("shard", path.shardId() + ", epoch " + path.epoch());
    table.row("served by", path.node() + ", " + path.role());
    table.row("behind", staleness);
    table.row("attempts", Integer.toString(path.attempts()));
    table.row("time", path.totalMicros() + " µs, of them " + path.serverMicros() + " on the node");
    StringBuilder text = new StringBuilder(table.toString());
    for (int i = 0; i < path.steps().size(); i++) {
      text.append("\n  ").append(i + 1).append(". ").append(path.steps().get(i));
    }
    Map<String, Object> json =
        Json.object(
            "found", path.item().isPresent(),
            "token", String.format("%016x", at.shardingKey().token()),
            "shard", path.shardId(),
            "epoch", path.epoch(),
            "node", path.node(),
            "role", path.role(),
            "attempts", path.attempts(),
            "staleness_millis", path.stalenessMillis(),
            "server_micros", path.serverMicros(),
            "total_micros", path.totalMicros(),
            "steps", path.steps());
    path.item().ifPresent(i -> json.put("item", json(i)));
    return new Answer(text.toString(), json);
  }

  private ItemCollection collection(Target target) {
    return client.collection(target.collection());
  }

  private ReadOptions options(Level level) {
    ReadOptions options =
        switch (level.consistency()) {
          case LINEARIZABLE -> ReadOptions.LINEARIZABLE;
          case SESSION -> ReadOptions.session(session);
          case BOUNDED -> ReadOptions.bounded(level.stalenessMax());
          case EVENTUAL -> ReadOptions.EVENTUAL;
        };
    return level.copies() ? options.withCopyInfo() : options;
  }
}
