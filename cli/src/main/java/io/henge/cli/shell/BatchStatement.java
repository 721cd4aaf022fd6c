package io.henge.cli.shell;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.Table;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.Batch;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.Returning;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import io.henge.document.patch.Patch;
import io.henge.document.value.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes of one sharding key that take effect together. */
final class BatchStatement {
  private final HengeClient client;
  private final List<Statement> steps;
  private final Batch batch;

  BatchStatement(HengeClient client, Statement.WriteBatch statement) {
    this.client = client;
    this.steps = statement.steps();
    this.batch = Batch.on(shardingKey(steps.get(0)));
  }

  Answer run() {
    for (Statement step : steps) {
      requireSameKey(step);
      add(step);
    }
    List<WriteResult> results = client.write(batch, WriteOptions.DEFAULT);
    Table table = Table.of("step", "write", "version");
    StringBuilder shown = new StringBuilder();
    List<Map<String, Object>> json = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      String what = steps.get(i).verb().word() + " " + collection(steps.get(i));
      WriteResult result = results.get(i);
      table.row(i + 1, what, result.version() == 0 ? "" : Long.toString(result.version()));
      Map<String, Object> one =
          Json.object(
              "write", steps.get(i).verb().word(),
              "collection", collection(steps.get(i)),
              "existed", result.existed(),
              "version", Long.toString(result.version()));
      if (steps.get(i) instanceof Statement.Increment) {
        one.put("counter", result.counter());
        shown.append("\n").append(i + 1).append(": ").append(result.counter());
      } else if (returning(steps.get(i)) != Returning.NOTHING) {
        Optional<Value> value = result.previous().or(result::current).map(Item::value);
        one.put("returned", value.map(Literals::json).orElse(null));
        shown
            .append("\n")
            .append(i + 1)
            .append(": ")
            .append(value.map(Literals::pretty).orElse("(there was none)"));
      }
      json.add(one);
    }
    return new Answer("ok\n" + table + shown, Json.object("ok", true, "results", json));
  }

  private Key shardingKey(Statement step) {
    if (step instanceof Statement.PutDocument put) {
      return client.documents(put.collection()).shardingKey(document(put));
    }
    return target(step).shardingKey();
  }

  private void requireSameKey(Statement step) {
    Key key = shardingKey(step);
    if (!key.equals(batch.shardingKey())) {
      throw HengeException.invalid(
          "batch: its first write has the sharding key "
              + Literals.show(batch.shardingKey())
              + ", "
              + step.verb().word()
              + " "
              + collection(step)
              + " has "
              + Literals.show(key)
              + "; a batch is of one sharding key");
    }
  }

  private static JsonObject document(Statement.PutDocument put) {
    return io.henge.document.value.Json.parseObject(put.document());
  }

  private static String collection(Statement step) {
    return step instanceof Statement.PutDocument put ? put.collection() : target(step).collection();
  }

  private static Target target(Statement step) {
    if (step instanceof Statement.PatchDocument patch) {
      return patch.target();
    } else if (step instanceof Statement.Put put) {
      return put.target();
    } else if (step instanceof Statement.Delete delete) {
      return delete.target();
    } else if (step instanceof Statement.CompareAndSet cas) {
      return cas.target();
    } else if (step instanceof Statement.Increment increment) {
      return increment.target();
    } else if (step instanceof Statement.Append append) {
      return append.target();
    }
    throw new IllegalArgumentException(step.verb().word() + " is no write of a batch");
  }

  private static Returning returning(Statement step) {
    if (step instanceof Statement.PutDocument put) {
      return put.returning();
    } else if (step instanceof Statement.PatchDocument patch) {
      return patch.returning();
    }
    return step instanceof Statement.Delete delete && delete.returnPrevious()
        ? Returning.PREVIOUS
        : Returning.NOTHING;
  }

  private void add(Statement step) {
    if (step instanceof Statement.PutDocument put) {
      add(put);
    } else if (step instanceof Statement.PatchDocument patch) {
      add(patch);
    } else if (step instanceof Statement.Put put) {
      add(put.target(), put.condition(), new Action.Put(put.value(), put.ttlMillis()));
    } else if (step instanceof Statement.CompareAndSet cas) {
      add(
          cas.target(),
          new Condition.ValueIs(cas.expected()),
          new Action.Put(cas.value(), Action.TTL_DEFAULT));
    } else if (step instanceof Statement.Increment increment) {
      add(increment.target(), Condition.none(), new Action.Add(increment.delta()));
    } else if (step instanceof Statement.Append append) {
      add(append.target(), Condition.none(), new Action.Append(append.bytes()));
    } else if (step instanceof Statement.Delete delete) {
      batch.add(
          delete.target().collection(),
          delete.target().sortKey(),
          delete.condition(),
          Action.Remove.REMOVE,
          returning(delete));
    }
  }

  private void add(Target target, Condition condition, Action action) {
    batch.add(target.collection(), target.sortKey(), condition, action);
  }

  private void add(Statement.PutDocument put) {
    DocumentCollection<JsonObject> collection = client.documents(put.collection());
    DocumentOptions options =
        new DocumentOptions(put.condition(), put.ttlMillis(), put.returning(), Duration.ZERO);
    switch (put.verb()) {
      case INSERT -> collection.insertIn(batch, document(put), options);
      case REPLACE -> collection.replaceIn(batch, document(put), options);
      default -> collection.upsertIn(batch, document(put), options);
    }
  }

  private void add(Statement.PatchDocument statement) {
    DocumentCollection<JsonObject> collection = client.documents(statement.target().collection());
    Patch patch = Patch.parse(statement.patch());
    DocumentOptions options =
        DocumentOptions.DEFAULT.returning(statement.returning()).onlyIf(statement.condition());
    if (statement.initial().isEmpty()) {
      collection.patchIn(batch, statement.target().sortKey(), patch, options);
    } else {
      collection.patchOrInsertIn(
          batch, DocumentStatements.initial(collection, statement), patch, options);
    }
  }
}
