package io.henge.cli.shell;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.HengeException;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.client.DocumentChange;
import io.henge.client.HengeClient;
import io.henge.client.Stored;
import io.henge.client.Watch;
import io.henge.document.value.JsonObject;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Shows changes one by one. An interrupt, which is what ctrl-c becomes, ends it in order. */
final class WatchStatement {
  private static final Duration STEP = Duration.ofMillis(500);

  private final HengeClient client;
  private final Statement.WatchChanges statement;
  private final Predicate<Answer> line;
  private final Consumer<String> remarks;
  private boolean troubled;

  /**
   * A watch that has not begun.
   *
   * @param line takes a change; false to end
   * @param remarks takes what a person should know beside the changes
   */
  WatchStatement(
      HengeClient client,
      Statement.WatchChanges statement,
      Predicate<Answer> line,
      Consumer<String> remarks) {
    this.client = client;
    this.statement = statement;
    this.line = line;
    this.remarks = remarks;
  }

  void run() {
    long begun = System.nanoTime();
    int shown = 0;
    try (Watch<JsonObject> watch =
        client.documents(statement.collection()).watch(statement.options())) {
      while (statement.limit() == 0 || shown < statement.limit()) {
        Duration left = statement.time().minusNanos(System.nanoTime() - begun);
        boolean endless = statement.time().isZero();
        if (!endless && (left.isNegative() || left.isZero())) {
          break;
        }
        Optional<DocumentChange<JsonObject>> change;
        try {
          change = watch.poll(endless || left.compareTo(STEP) > 0 ? STEP : left);
        } catch (HengeException e) {
          if (!Thread.interrupted()) {
            throw e;
          }
          break;
        }
        remark(watch);
        if (change.isPresent()) {
          shown++;
          if (!line.test(answer(change.get(), watch.token()))) {
            return;
          }
        }
      }
      // It is the last line, whether or not more of them are wanted.
      boolean ignored = line.test(end(shown, watch.token()));
    }
  }

  /** Silence that means nothing is told apart from one that means something. */
  private void remark(Watch<JsonObject> watch) {
    Optional<HengeException> trouble = watch.trouble();
    if (trouble.isPresent() && !troubled) {
      remarks.accept(
          "watch: a shard does not answer, it is asked again until it does: "
              + trouble.get().getMessage());
    } else if (trouble.isEmpty() && troubled) {
      remarks.accept("watch: all shards answer again");
    }
    troubled = trouble.isPresent();
  }

  private Answer end(int shown, ChangeToken token) {
    String text = token.toText();
    return new Answer(
        shown
            + (shown == 1 ? " change" : " changes")
            + "; to go on: watch "
            + statement.collection()
            + " from "
            + text,
        Json.object("changes", shown, "token", text));
  }

  private static Answer answer(DocumentChange<JsonObject> change, ChangeToken token) {
    String kind = change.kind().name().toLowerCase(Locale.ROOT);
    String key =
        Literals.show(change.shardingKey())
            + (change.id().isEmpty() ? "" : " " + Literals.show(change.id()));
    String after =
        change
            .after()
            .map(stored -> " " + io.henge.document.value.Json.print(stored.document()))
            .orElse("");
    String before =
        change
            .before()
            .map(stored -> " before: " + io.henge.document.value.Json.print(stored.document()))
            .orElse("");
    Map<String, Object> json =
        Json.object(
            "change", kind,
            "version", Long.toString(change.version()),
            "time", change.time().toString(),
            "sharding_key", Literals.json(change.shardingKey()),
            "id", Literals.json(change.id()));
    change.after().ifPresent(stored -> json.put("after", json(stored)));
    change.before().ifPresent(stored -> json.put("before", json(stored)));
    json.put("token", token.toText());
    return new Answer(change.time() + " " + kind + " " + key + after + before, json);
  }

  private static Object json(Stored<JsonObject> stored) {
    return Literals.raw(stored.document());
  }
}
