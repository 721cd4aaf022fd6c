package io.henge.cli.shell;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.key.Key;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.CollectionOptions.Documents;
import io.henge.client.FindOptions;
import io.henge.client.Returning;
import io.henge.client.WatchOptions;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Understands the statements about documents, after their verb. */
final class DocumentParser {
  private static final String PATH = "a path such as user_id or address.city";

  private final Parser in;

  DocumentParser(Parser in) {
    this.in = in;
  }

  Statement parse(Verb verb) {
    if (verb == Verb.FAMILY) {
      return new Statement.Family(in.key("a sharding key"), in.levelAndCopies());
    }
    String collection = in.collection();
    return switch (verb) {
      case PATCH -> patch(collection);
      case FIND -> find(collection);
      case TOTALS -> totals(collection);
      case WATCH -> watch(collection);
      default -> put(verb, collection);
    };
  }

  private Statement find(String collection) {
    Key shardingKey = oneOrAll();
    FindOptions find = FindOptions.ALL.limit(Statement.Scan.LIMIT_DEFAULT);
    if (in.has("where")) {
      find = find.where(filter());
    }
    if (in.has("fields")) {
      find = find.fields(in.names(PATH).toArray(String[]::new));
    }
    if (in.has("sort")) {
      do {
        String path = in.name(PATH);
        find = in.has("desc") ? find.descending(path) : find.ascending(path);
      } while (in.hasComma());
    }
    if (in.has("limit")) {
      find = find.limit(in.limit());
    }
    return new Statement.Find(collection, shardingKey, find, layout(), in.levelAndCopies());
  }

  private Statement watch(String collection) {
    Key key = null;
    WatchOptions options = WatchOptions.NOW;
    int limit = 0;
    Duration time = Duration.ZERO;
    boolean first = true;
    Filter filter = null;
    while (!in.isAtEnd()) {
      if (in.has("from")) {
        options = from();
      } else if (in.has("where")) {
        filter = filter();
      } else if (in.has("limit")) {
        limit = in.limit();
      } else if (in.has("for")) {
        time = in.duration("a duration", false);
      } else if (first) {
        key = in.key("a sharding key");
      } else {
        throw in.expected("from, where, limit, for or the end");
      }
      first = false;
    }
    options = key == null ? options : options.of(key);
    return new Statement.WatchChanges(
        collection, filter == null ? options : options.where(filter), limit, time);
  }

  private WatchOptions from() {
    if (in.has("now")) {
      return WatchOptions.NOW;
    }
    if (in.has("start")) {
      return WatchOptions.START;
    }
    Lexeme token = in.peek();
    try {
      return WatchOptions.after(ChangeToken.parse(in.name("now, start or a token")));
    } catch (HengeException e) {
      throw new SyntaxException("line " + token.line() + ": " + e.getMessage());
    }
  }

  private Statement.Layout layout() {
    if (!in.has("as")) {
      return Statement.Layout.LINES;
    }
    if (in.has("table")) {
      return Statement.Layout.TABLE;
    }
    if (in.has("pretty")) {
      return Statement.Layout.PRETTY;
    }
    throw in.expected("table or pretty");
  }

  private Statement totals(String collection) {
    Key shardingKey = oneOrAll();
    String path = in.has("of") ? in.name(PATH) : "";
    FindOptions find = in.has("where") ? FindOptions.ALL.where(filter()) : FindOptions.ALL;
    return new Statement.Figures(collection, shardingKey, path, find, in.level());
  }

  /** A sharding key, or null for all shards. */
  private @Nullable Key oneOrAll() {
    if (in.has("all")) {
      in.keyword("shards");
      return null;
    }
    if (in.peek().isWord("where") || in.peek().isWord("of")) {
      // A key of that name is put in quotes.
      throw in.expected("a sharding key, or the words all shards");
    }
    return in.key("a sharding key, or the words all shards");
  }

  private Statement put(Verb verb, String collection) {
    String document = in.object("a document: {...}");
    Condition condition = verb == Verb.INSERT ? Condition.none() : condition();
    return new Statement.PutDocument(
        verb, collection, document, condition, returning(verb != Verb.INSERT));
  }

  private Statement patch(String collection) {
    Key shardingKey = in.key("a sharding key");
    Key id = in.isAtKey() ? in.key("an id or a patch") : Key.EMPTY;
    String patch = in.object("a patch: {\"set\": {...}, \"inc\": {...}, ...}");
    return new Statement.PatchDocument(
        new Target(collection, shardingKey, id), patch, condition(), returning(true));
  }

  /** Where documents have their keys, after the word that says that there are some. */
  Documents keys() {
    in.keyword("shard");
    in.keyword("by");
    List<String> shard = in.names(PATH);
    List<String> id = in.has("id") ? in.names(PATH) : shard;
    String ttl = "";
    if (in.has("expiring")) {
      in.keyword("at");
      ttl = in.name(PATH);
    }
    return new Documents(shard, id, ttl);
  }

  private Condition condition() {
    if (in.peek().isWord("if")) {
      return in.condition(false);
    }
    return in.has("where") ? new Condition.Matches(FilterCodec.encode(filter())) : Condition.none();
  }

  private Filter filter() {
    Lexeme text = in.peek();
    if (text.kind() != Lexeme.Kind.STRING) {
      throw in.expected("a filter in quotes, such as \"total > 10\"");
    }
    try {
      return Filter.parse(in.name("a filter"));
    } catch (HengeException e) {
      // What follows the first line is a picture of it.
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("not a filter");
      throw new SyntaxException(
          "line " + text.line() + ", column " + text.column() + ": " + reason);
    }
  }

  private Returning returning(boolean oldToo) {
    if (!in.has("returning")) {
      return Returning.NOTHING;
    }
    if (in.has("new")) {
      return Returning.CURRENT;
    }
    if (oldToo && in.has("old")) {
      return Returning.PREVIOUS;
    }
    throw in.expected(oldToo ? "old or new" : "new");
  }
}
