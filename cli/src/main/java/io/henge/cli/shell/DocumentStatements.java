package io.henge.cli.shell;

import com.fasterxml.jackson.databind.util.RawValue;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.ProgressLine;
import io.henge.cli.output.Table;
import io.henge.cli.shell.Statement.Level;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.DocumentResult;
import io.henge.client.FamilyItem;
import io.henge.client.FamilyPage;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ReadOptions;
import io.henge.client.Returning;
import io.henge.client.Stored;
import io.henge.document.find.Totals;
import io.henge.document.patch.Patch;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Does the statements about documents. */
final class DocumentStatements {
  private final HengeClient client;
  private final Function<Level, ReadOptions> levels;
  private final Function<String, ProgressLine> bars;
  private final FieldsSeen fields;

  /**
   * @param levels how to read at a level, in the session of the shell
   * @param bars shows how far a find over all shards is
   * @param fields takes note of the fields of what is shown
   */
  DocumentStatements(
      HengeClient client,
      Function<Level, ReadOptions> levels,
      Function<String, ProgressLine> bars,
      FieldsSeen fields) {
    this.client = client;
    this.levels = levels;
    this.bars = bars;
    this.fields = fields;
  }

  /** Does one statement, if it is about documents. */
  Optional<Answer> execute(Statement statement) {
    if (statement instanceof Statement.PutDocument put) {
      return Optional.of(put(put));
    } else if (statement instanceof Statement.PatchDocument patch) {
      return Optional.of(patch(patch));
    } else if (statement instanceof Statement.WriteBatch batch) {
      return Optional.of(new BatchStatement(client, batch).run());
    } else if (statement instanceof Statement.Find find) {
      return Optional.of(find(find));
    } else if (statement instanceof Statement.ExplainFind explained) {
      return Optional.of(explain(explained.find()));
    } else if (statement instanceof Statement.Figures figures) {
      return Optional.of(figures(figures));
    } else if (statement instanceof Statement.Family family) {
      return Optional.of(family(family));
    }
    return Optional.empty();
  }

  private Answer find(Statement.Find statement) {
    DocumentCollection<JsonObject> collection = client.documents(statement.collection());
    ReadOptions options = levels.apply(statement.level());
    Key shardingKey = statement.shardingKey();
    if (shardingKey != null) {
      FindOptions find = statement.find();
      return found(
          statement,
          new PagesWithCursor<>(
              find.limit(),
              find.cursor(),
              (limit, cursor) -> {
                FindPage<JsonObject> page =
                    collection.findPage(shardingKey, find.limit(limit).after(cursor), options);
                return new PagesWithCursor.Page<>(page.documents(), page.cursor());
              }));
    }
    FindOptions oneMore = statement.find().limit(statement.find().limit() + 1);
    try (ProgressLine bar = bars.apply("find " + collection.name());
        FindAll<JsonObject> all =
            collection.findAll(
                oneMore,
                FindAllOptions.DEFAULT
                    .reads(options)
                    .progress(done -> bar.update(done, () -> "of the ring")))) {
      return found(statement, all);
    }
  }

  private Answer explain(Statement.Find statement) {
    DocumentCollection<JsonObject> collection = client.documents(statement.collection());
    ReadOptions options = levels.apply(statement.level());
    Key shardingKey = statement.shardingKey();
    if (shardingKey == null) {
      return ExplainAnswers.ofShards(collection.explainOnAllShards(statement.find(), options));
    }
    return ExplainAnswers.of(collection.explain(shardingKey, statement.find(), options));
  }

  private Answer found(Statement.Find statement, Iterator<Stored<JsonObject>> found) {
    List<JsonObject> documents = new ArrayList<>();
    List<Object> json = new ArrayList<>();
    List<String> versions = new ArrayList<>();
    CopyInfoTable copies = new CopyInfoTable("document");
    while (documents.size() < statement.find().limit() && found.hasNext()) {
      Stored<JsonObject> stored = found.next();
      JsonObject document = stored.document();
      copies.add(documents.size() + 1, stored.copies());
      fields.note(statement.collection(), document);
      documents.add(document);
      json.add(Literals.raw(document));
      versions.add(Long.toString(stored.version()));
    }
    boolean more = found.hasNext();
    String cursor = more && found instanceof PagesWithCursor<?> pages ? pages.cursor() : "";
    Map<String, Object> answered =
        Json.object("documents", json, "versions", versions, "more", more);
    if (!cursor.isEmpty()) {
      answered.put("cursor", cursor);
    }
    String text = DocumentLayouts.show(documents, statement.layout());
    String count =
        documents.size()
            + (documents.size() == 1 ? " document" : " documents")
            + (more
                ? cursor.isEmpty()
                    ? "; there are more: raise the limit, or narrow the filter"
                    : "; there are more: find on with after " + cursor
                : "");
    Answer answer = new Answer(text.isEmpty() ? count : text + "\n" + count, answered);
    return statement.level().copies() ? copies.behind(answer) : answer;
  }

  private Answer figures(Statement.Figures statement) {
    DocumentCollection<JsonObject> collection = client.documents(statement.collection());
    ReadOptions options = levels.apply(statement.level());
    Key shardingKey = statement.shardingKey();
    Totals totals =
        shardingKey == null
            ? collection.totalsOnAllShards(statement.path(), statement.find(), options)
            : collection.totals(shardingKey, statement.path(), statement.find(), options);
    Table table = Table.of("what", "figure").row("count", totals.count());
    Map<String, Object> json = Json.object("count", totals.count());
    if (!statement.path().isEmpty()) {
      BigDecimal average = totals.average();
      table.row("numbers", totals.numbers());
      table.row("sum", totals.sum().toPlainString());
      table.row("average", average == null ? "" : average.toPlainString());
      table.row("smallest", shown(totals.min()));
      table.row("largest", shown(totals.max()));
      json.put("numbers", totals.numbers());
      json.put("sum", totals.sum());
      json.put("average", average);
      json.put("min", totals.min() == null ? null : new RawValue(shown(totals.min())));
      json.put("max", totals.max() == null ? null : new RawValue(shown(totals.max())));
    }
    return new Answer(table.toString(), json);
  }

  private static String shown(@Nullable JsonValue value) {
    return value == null ? "" : io.henge.document.value.Json.print(value);
  }

  private Answer family(Statement.Family statement) {
    ReadOptions options = levels.apply(statement.level());
    PagesWithCursor<FamilyItem> all =
        new PagesWithCursor<>(
            statement.limit(),
            statement.cursor(),
            (limit, cursor) -> {
              FamilyPage page = client.familyPage(statement.shardingKey(), limit, cursor, options);
              return new PagesWithCursor.Page<>(page.items(), page.cursor());
            });
    Table table = Table.of("collection", "sort key", "value", "version");
    List<Map<String, Object>> json = new ArrayList<>();
    CopyInfoTable copies = new CopyInfoTable("item");
    while (json.size() < statement.limit() && all.hasNext()) {
      FamilyItem one = all.next();
      Item item = one.item();
      copies.add(json.size() + 1, item.copies());
      table.row(
          one.collection(),
          Literals.show(item.sortKey()),
          Literals.show(item.value()),
          item.version());
      json.add(
          Json.object(
              "collection", one.collection(),
              "sort_key", Literals.json(item.sortKey()),
              "value", Literals.json(item.value()),
              "version", Long.toString(item.version())));
    }
    boolean more = all.hasNext();
    Map<String, Object> answered = Json.object("items", json, "more", more);
    String count = json.size() + (json.size() == 1 ? " item" : " items");
    if (more) {
      answered.put("cursor", all.cursor());
      count += "; there are more: family " + Literals.show(statement.shardingKey());
      count += " after " + all.cursor();
    }
    Answer answer = new Answer(json.isEmpty() ? count : table + "\n" + count, answered);
    return statement.level().copies() ? copies.behind(answer) : answer;
  }

  private Answer put(Statement.PutDocument put) {
    DocumentCollection<JsonObject> collection = client.documents(put.collection());
    JsonObject document = io.henge.document.value.Json.parseObject(put.document());
    DocumentOptions options =
        new DocumentOptions(put.condition(), put.ttlMillis(), put.returning(), Duration.ZERO);
    DocumentResult<JsonObject> result =
        switch (put.verb()) {
          case INSERT -> collection.insert(document, options);
          case REPLACE -> collection.replace(document, options);
          default -> collection.upsert(document, options);
        };
    fields.note(put.collection(), document);
    return written(result, put.returning());
  }

  private Answer patch(Statement.PatchDocument statement) {
    Target at = statement.target();
    DocumentCollection<JsonObject> collection = client.documents(at.collection());
    Patch patch = Patch.parse(statement.patch());
    DocumentOptions options =
        DocumentOptions.DEFAULT.returning(statement.returning()).onlyIf(statement.condition());
    DocumentResult<JsonObject> result =
        statement.initial().isEmpty()
            ? collection.patch(at.shardingKey(), at.sortKey(), patch, options)
            : collection.patchOrInsert(initial(collection, statement), patch, options);
    return written(result, statement.returning());
  }

  /** The document that a patch begins from; its keys are those that the statement names. */
  static JsonObject initial(
      DocumentCollection<JsonObject> collection, Statement.PatchDocument statement) {
    Target at = statement.target();
    JsonObject initial = io.henge.document.value.Json.parseObject(statement.initial());
    Key shardingKey = collection.shardingKey(initial);
    Key id = collection.id(initial);
    if (!shardingKey.equals(at.shardingKey()) || !id.equals(at.sortKey())) {
      throw HengeException.invalid(
          "patch: the document to begin from has the keys "
              + Literals.show(shardingKey)
              + " "
              + Literals.show(id)
              + ", the statement names "
              + Literals.show(at.shardingKey())
              + " "
              + Literals.show(at.sortKey())
              + "; they must be the same");
    }
    return initial;
  }

  private static Answer written(DocumentResult<JsonObject> result, Returning returning) {
    Map<String, Object> json =
        Json.object(
            "ok", true, "existed", result.existed(), "version", Long.toString(result.version()));
    StringBuilder text = new StringBuilder("ok  (version " + result.version() + ")");
    if (returning != Returning.NOTHING) {
      Optional<JsonObject> document = result.returned().map(Stored::document);
      json.put("document", document.map(Literals::raw).orElse(null));
      text.append('\n')
          .append(document.map(io.henge.document.value.Json::pretty).orElse("(there was none)"));
    }
    return new Answer(text.toString(), json);
  }
}
