package io.henge.cli.shell;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.error.Spelling;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.Table;
import io.henge.client.Admin;
import io.henge.client.HengeClient;
import io.henge.client.Index;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Does the statements about indexes, copies and change streams. */
final class DeclarationStatements {
  private static final long POLL_MILLIS = 100;
  private static final int SILENT_SHOWN = 3;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  private final HengeClient client;

  DeclarationStatements(HengeClient client) {
    this.client = client;
  }

  /** Does one statement, if it is about these. */
  Optional<Answer> execute(Statement statement) {
    if (statement instanceof Statement.CreateIndex create) {
      int id = client.admin().createIndex(create.collection(), create.index());
      return Optional.of(declared("index " + create.index().name(), id, create.awaited()));
    } else if (statement instanceof Statement.DropIndex drop) {
      client.admin().dropIndex(drop.collection(), drop.name());
      return Optional.of(done("dropped index " + drop.name()));
    } else if (statement instanceof Statement.CreateCopy create) {
      int id =
          create.replaces()
              ? client.admin().replaceCopy(create.copy())
              : client.admin().createCopy(create.copy());
      return Optional.of(declared("copy", id, create.awaited()));
    } else if (statement instanceof Statement.DropCopy drop) {
      return Optional.of(drop(drop));
    } else if (statement instanceof Statement.KeepChanges keep) {
      client.admin().keepChanges(keep.collection(), keep.retention(), keep.before());
      return Optional.of(
          done(
              "changes of "
                  + keep.collection()
                  + " are kept for "
                  + Durations.show(keep.retention())
                  + (keep.before() ? ", each with the document before it" : "")));
    } else if (statement instanceof Statement.DropChanges drop) {
      client.admin().dropChanges(drop.collection());
      return Optional.of(done("changes of " + drop.collection() + " are kept no longer"));
    } else if (statement instanceof Statement.ListDerived list) {
      requireCollection(list.collection());
      return Optional.of(
          list.verb() == Verb.COPIES ? copies(list.collection()) : indexes(list.collection()));
    } else if (statement instanceof Statement.CopiesStatus status) {
      requireCollection(status.collection());
      return Optional.of(CopiesStatusAnswer.of(client.admin().copiesStatus(status.collection())));
    }
    return Optional.empty();
  }

  /** An empty list of what is not there would say that all is well. */
  private void requireCollection(String name) {
    if (name.isEmpty()) {
      return;
    }
    List<String> known =
        client.admin().collections().stream().map(Admin.CollectionInfo::name).toList();
    if (!known.contains(name)) {
      throw new HengeException(
          ErrorCode.NOT_FOUND,
          "collection \""
              + name
              + "\": there is none; "
              + Spelling.nearest(name, known)
                  .map(near -> "did you mean " + near + "?")
                  .orElse("collections lists those that there are"));
    }
  }

  private Answer declared(String what, int id, boolean wait) {
    boolean ready = isReady(id);
    while (wait && !ready) {
      pause();
      ready = isReady(id);
    }
    return new Answer(
        "declared "
            + what
            + "  (number "
            + id
            + "); "
            + (ready ? "it is ready" : "it is being built"),
        Json.object("declared", true, "id", id, "ready", ready));
  }

  private boolean isReady(int id) {
    Admin admin = client.admin();
    return admin.copies().stream().anyMatch(copy -> copy.id() == id && copy.ready() >= 1)
        || admin.indexes().stream().anyMatch(index -> index.id() == id && index.ready() >= 1);
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(
          ErrorCode.OUTCOME_UNKNOWN, "interrupted; it goes on being built in the cluster", e);
    }
  }

  private static Answer done(String text) {
    return new Answer(text, Json.object("ok", true));
  }

  private Answer drop(Statement.DropCopy drop) {
    String copy = drop.copy();
    if (NUMBER.matcher(copy).matches()) {
      client.admin().dropCopy(Integer.parseInt(copy), drop.keep());
    } else {
      int dot = copy.indexOf('.');
      client
          .admin()
          .dropCopy(
              dot < 0 ? copy : copy.substring(0, dot),
              dot < 0 ? "" : copy.substring(dot + 1),
              drop.keep());
    }
    return done(
        "dropped copy "
            + copy
            + (drop.keep()
                ? "; its values stay"
                : "; its values are being taken out of the documents"));
  }

  private Answer indexes(String collection) {
    Table table = Table.of("number", "collection", "index", "paths", "ready");
    List<Map<String, Object>> json = new ArrayList<>();
    for (Admin.IndexStatus status : client.admin().indexes()) {
      if (isAsked(collection, status.collection())) {
        table.row(
            status.id(),
            status.collection(),
            status.index().name(),
            paths(status.index()),
            ready(status.ready(), status.failure(), status.silent()));
        json.add(
            Json.object(
                "id", status.id(),
                "collection", status.collection(),
                "name", status.index().name(),
                "paths", status.index().fields().stream().map(Index.Field::path).toList(),
                "ready", status.ready(),
                "building", status.building(),
                "silent_shards", silent(status.silent()),
                "failure", status.failure()));
      }
    }
    String none = "(no indexes; example: " + Verb.CREATE.examples().get(3) + ")";
    return new Answer(table.isEmpty() ? none : table.toString(), Json.object("indexes", json));
  }

  private static String paths(Index index) {
    return index.fields().stream()
        .map(field -> field.path() + (field.descending() ? " desc" : ""))
        .collect(Collectors.joining(", "));
  }

  private Answer copies(String collection) {
    Table table = Table.of("number", "declared", "state", "ready", "lag");
    List<Map<String, Object>> json = new ArrayList<>();
    for (Admin.CopyStatus status : client.admin().copies()) {
      if (isAsked(collection, status.holder())
          || isAsked(collection, status.copy().declaration().rule().getSource())) {
        String state = state(status);
        table.row(
            status.id(),
            status.copy(),
            state,
            ready(status.ready(), status.failure(), status.silent()),
            lag(status));
        json.add(
            Json.object(
                "id", status.id(),
                "holder", status.holder(),
                "declared", status.copy().toString(),
                "state", state,
                "ready", status.ready(),
                "silent_shards", silent(status.silent()),
                "failure", status.failure(),
                "waiting", status.waiting(),
                "lag_millis", status.lag().toMillis()));
      }
    }
    String none = "(no copies; example: " + Verb.COPY.examples().get(0) + ")";
    return new Answer(table.isEmpty() ? none : table.toString(), Json.object("copies", json));
  }

  private static String lag(Admin.CopyStatus status) {
    if (status.copy().declaration().rule().getBoundMillis() == 0) {
      return "";
    }
    return status.waiting() == 0
        ? "none"
        : String.format(
            Locale.ROOT, "%.1f s, %d waiting", status.lag().toMillis() / 1e3, status.waiting());
  }

  private static boolean isAsked(String asked, String collection) {
    return asked.isEmpty() || asked.equals(collection);
  }

  /** What is whole wherever somebody answers is not being built. */
  private static String state(Admin.CopyStatus status) {
    if (status.dropped()) {
      return "dropped";
    }
    return status.ready() >= 1 ? "live" : status.building() ? "building" : "unknown";
  }

  private static String ready(double share, String failure, List<Admin.SilentShard> silent) {
    String percent =
        share >= 1 ? "100 %" : String.format(Locale.ROOT, "%.1f %%", Math.floor(share * 1000) / 10);
    StringJoiner ready = new StringJoiner("  ").add(percent);
    if (!failure.isEmpty()) {
      ready.add(failure);
    }
    if (!silent.isEmpty()) {
      ready.add("no answer from " + shards(silent));
    }
    return ready.toString();
  }

  private static String shards(List<Admin.SilentShard> silent) {
    return silent.stream()
        .limit(SILENT_SHOWN)
        .map(
            shard ->
                "shard "
                    + shard.id()
                    + (shard.silence().isZero()
                        ? ""
                        : " for " + shard.silence().toSeconds() + " s"))
        .collect(
            Collectors.joining(
                ", ",
                "",
                silent.size() > SILENT_SHOWN
                    ? " and " + (silent.size() - SILENT_SHOWN) + " more"
                    : ""));
  }

  private static List<Map<String, Object>> silent(List<Admin.SilentShard> silent) {
    return silent.stream()
        .map(shard -> Json.object("shard", shard.id(), "silent_millis", shard.silence().toMillis()))
        .toList();
  }
}
