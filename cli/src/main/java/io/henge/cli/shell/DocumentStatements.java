package io.henge.cli.shell;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.DocumentResult;
import io.henge.client.HengeClient;
import io.henge.client.Returning;
import io.henge.client.Stored;
import io.henge.document.patch.Patch;
import io.henge.document.value.JsonObject;
import java.util.Map;
import java.util.Optional;

/** Does the statements about documents. */
final class DocumentStatements {
  private final HengeClient client;

  DocumentStatements(HengeClient client) {
    this.client = client;
  }

  /** Does one statement, if it is about documents. */
  Optional<Answer> execute(Statement statement) {
    if (statement instanceof Statement.PutDocument put) {
      return Optional.of(put(put));
    } else if (statement instanceof Statement.PatchDocument patch) {
      return Optional.of(patch(patch));
    }
    return Optional.empty();
  }

  private Answer put(Statement.PutDocument put) {
    DocumentCollection<JsonObject> collection = client.documents(put.collection());
    JsonObject document = io.henge.document.value.Json.parseObject(put.document());
    DocumentOptions options =
        DocumentOptions.DEFAULT.returning(put.returning()).onlyIf(put.condition());
    DocumentResult<JsonObject> result =
        switch (put.verb()) {
          case INSERT -> collection.insert(document, options);
          case REPLACE -> collection.replace(document, options);
          default -> collection.upsert(document, options);
        };
    return written(result, put.returning());
  }

  private Answer patch(Statement.PatchDocument statement) {
    Target at = statement.target();
    DocumentResult<JsonObject> result =
        client
            .documents(at.collection())
            .patch(
                at.shardingKey(),
                at.sortKey(),
                Patch.parse(statement.patch()),
                DocumentOptions.DEFAULT
                    .returning(statement.returning())
                    .onlyIf(statement.condition()));
    return written(result, statement.returning());
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
          .append(
              document.map(io.henge.document.value.Json::pretty).orElse("(there was none)"));
    }
    return new Answer(text.toString(), json);
  }
}
