package io.henge.cli.shell;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.key.Key;
import io.henge.cli.shell.Statement.Level;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.CollectionOptions.Documents;
import io.henge.client.FindOptions;
import io.henge.client.Returning;
import io.henge.client.WatchOptions;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Understands the statements about documents, after their verb. */
final class DocumentParser {
  private static final Set<String> FIND_CLAUSES =
      Set.of("where", "fields", "sort", "limit", "after", "as", "at", "with");
  private static final Set<String> TOTALS_CLAUSES = Set.of("of", "where", "at");
  private static final String PATH = "a path such as user_id or address.city";

  private final Parser in;

  DocumentParser(Parser in) {
    this.in = in;
  }

  Statement parse(Verb verb) {
    if (verb == Verb.FAMILY) {
      return family();
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

  private Statement family() {
    Key shardingKey = in.key("a sharding key");
    int limit = Statement.Scan.LIMIT_MAX;
    byte[] cursor = null;
    while (in.peek().isWord("limit") || in.peek().isWord("after")) {
      if (in.has("limit")) {
        limit = in.limit();
      } else {
        in.keyword("after");
        cursor = cursor(shardingKey);
      }
    }
    return new Statement.Family(shardingKey, limit, cursor, in.levelAndCopies());
  }

  private Statement find(String collection) {
    Key shardingKey = oneOrAll();
    FindOptions find = FindOptions.ALL.limit(Statement.Scan.LIMIT_DEFAULT);
    Statement.Layout layout = Statement.Layout.LINES;
    Level level = Level.LINEARIZABLE;
    boolean copies = false;
    Set<String> given = new HashSet<>();
    while (!in.isAtEnd()) {
      String clause = in.clause(FIND_CLAUSES, given);
      if (clause.isEmpty()) {
        throw in.expected(left(FIND_CLAUSES, given));
      } else if (clause.equals("at")) {
        level = in.level();
        continue;
      }
      in.keyword(clause);
      switch (clause) {
        case "where" -> find = find.where(filter());
        case "fields" -> find = find.fields(in.names(PATH).toArray(String[]::new));
        case "sort" -> find = sorted(find);
        case "limit" -> find = find.limit(in.limit());
        case "after" -> find = find.after(cursor(shardingKey));
        case "as" -> layout = layout();
        default -> {
          in.keyword("copies");
          copies = true;
        }
      }
    }
    return new Statement.Find(
        collection, shardingKey, find, layout, copies ? level.withCopies() : level);
  }

  /** What may still come, for a message. */
  private static String left(Set<String> clauses, Set<String> given) {
    return clauses.stream()
        .filter(clause -> !given.contains(clause))
        .map(clause -> clause + ", ")
        .sorted()
        .collect(Collectors.joining("", "", "each once, or the end of the statement"));
  }

  private FindOptions sorted(FindOptions find) {
    FindOptions sorted = find;
    do {
      String path = in.name(PATH);
      sorted = in.has("desc") ? sorted.descending(path) : sorted.ascending(path);
    } while (in.hasComma());
    return sorted;
  }

  private byte[] cursor(@Nullable Key shardingKey) {
    Lexeme text = in.peek();
    String expected = "the cursor that the last one within this sharding key has ended with";
    if (shardingKey == null) {
      throw in.expected(expected + "; over all shards there is none here: henge export reads them");
    }
    String cursor = in.name(expected);
    try {
      return Base64.getUrlDecoder().decode(cursor);
    } catch (IllegalArgumentException e) {
      throw new SyntaxException(
          LexemeReader.at(text)
              + "after: found no cursor, expected the one that the last one has ended with, unchanged");
    }
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
    String path = "";
    FindOptions find = FindOptions.ALL;
    Level level = Level.LINEARIZABLE;
    Set<String> given = new HashSet<>();
    while (!in.isAtEnd()) {
      switch (in.clause(TOTALS_CLAUSES, given)) {
        case "of" -> {
          in.keyword("of");
          path = in.name(PATH);
        }
        case "where" -> {
          in.keyword("where");
          find = find.where(filter());
        }
        case "at" -> level = in.level();
        default -> throw in.expected(left(TOTALS_CLAUSES, given));
      }
    }
    return new Statement.Figures(collection, shardingKey, path, find, level);
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
    boolean insert = verb == Verb.INSERT;
    Clauses clauses =
        clauses(
            insert ? Set.of("ttl", "returning") : Set.of("if", "where", "ttl", "returning"),
            !insert,
            true);
    return new Statement.PutDocument(
        verb, collection, document, clauses.condition, clauses.ttlMillis, clauses.returning);
  }

  private Statement patch(String collection) {
    Key shardingKey = in.key("a sharding key");
    Key id = in.isAtKey() ? in.key("an id or a patch") : Key.EMPTY;
    String patch = in.json("a patch: {\"set\": {...}, \"inc\": {...}, ...}");
    String initial = "";
    if (in.has("or")) {
      in.keyword("insert");
      initial = in.object("a document to begin from: {...}");
    }
    Clauses clauses = clauses(Set.of("if", "where", "returning"), true, true);
    return new Statement.PatchDocument(
        new Target(collection, shardingKey, id),
        patch,
        initial,
        clauses.condition,
        clauses.returning);
  }

  /** The clauses of a deletion, which may be of an item, too. */
  Statement deletion(Target target) {
    Clauses clauses = clauses(Set.of("if", "where", "returning"), true, false);
    return new Statement.Delete(target, clauses.condition, clauses.returning == Returning.PREVIOUS);
  }

  /** What follows a write. */
  private static final class Clauses {
    Condition condition = Condition.none();
    long ttlMillis = Action.TTL_DEFAULT;
    Returning returning = Returning.NOTHING;
  }

  private Clauses clauses(Set<String> words, boolean oldToo, boolean newToo) {
    Clauses clauses = new Clauses();
    Set<String> given = new HashSet<>();
    for (String word = in.clause(words, given); !word.isEmpty(); word = in.clause(words, given)) {
      if ((word.equals("if") || word.equals("where")) && clauses.condition != Condition.none()) {
        throw in.expected("one condition only, if or where");
      }
      switch (word) {
        case "if" -> clauses.condition = in.condition(false);
        case "where" -> {
          in.keyword(word);
          clauses.condition = new Condition.Matches(FilterCodec.encode(filter()));
        }
        case "ttl" -> {
          in.keyword(word);
          clauses.ttlMillis = in.ttl(false);
        }
        default -> {
          in.keyword(word);
          clauses.returning = returning(oldToo, newToo);
        }
      }
    }
    return clauses;
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

  private Filter filter() {
    Lexeme text = in.peek();
    if (text.kind() != Lexeme.Kind.STRING) {
      throw in.expected("a filter in parentheses or in quotes, such as (total > 10)");
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

  private Returning returning(boolean oldToo, boolean newToo) {
    if (newToo && in.has("new")) {
      return Returning.CURRENT;
    }
    if (oldToo && in.has("old")) {
      return Returning.PREVIOUS;
    }
    throw in.expected(oldToo && newToo ? "old or new" : oldToo ? "old" : "new");
  }
}
