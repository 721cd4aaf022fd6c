package io.henge.cli.shell;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.cli.shell.Lexeme.Kind;
import io.henge.cli.shell.Statement.Level;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.CollectionOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Understands statements. Arguments come first, then clauses that begin with a keyword of the verb;
 * a keyword in quotes is an argument like any other. Every refusal names what was found, what was
 * expected, and an example.
 */
public final class Parser extends LexemeReader {
  private static final Set<String> COMMANDS = Set.of("import", "export");

  private Parser(List<Lexeme> lexemes) {
    super(lexemes);
  }

  /**
   * All statements of a text.
   *
   * @throws SyntaxException if one of them is not understood
   */
  public static List<Statement> parse(String text) {
    return parse(text, 1, line -> {});
  }

  /**
   * The same of a part of a text.
   *
   * @param firstLine number of its first line
   * @param lines takes the line that each statement begins on
   */
  public static List<Statement> parse(String text, int firstLine, IntConsumer lines) {
    Parser parser = new Parser(Lexer.cut(text, firstLine));
    List<Statement> statements = new ArrayList<>();
    while (!parser.isOver()) {
      if (parser.peek().kind() == Kind.END) {
        parser.next++;
      } else {
        lines.accept(parser.peek().line());
        statements.add(parser.checked());
      }
    }
    return statements;
  }

  /**
   * A text that is a key and nothing else: {@code ann}, {@code 42}, {@code ("eu", 42)}.
   *
   * @throws SyntaxException if it is none
   */
  public static Key parseKey(String text) {
    Parser parser = new Parser(Lexer.cut(text));
    parser.verb = Verb.GET;
    Key key = parser.key("a sharding key");
    if (parser.peek().kind() != Kind.END) {
      throw parser.expected("the end of the key");
    }
    return key;
  }

  /** A statement; what its parts refuse (a path, a name) is a fault of the statement. */
  private Statement checked() {
    Lexeme first = peek();
    try {
      return statement();
    } catch (HengeException e) {
      String reason = String.valueOf(e.getMessage()).replaceAll("\\s*\\R\\s*", " ");
      String prefix = verb.word() + ": ";
      throw new SyntaxException(
          "line " + first.line() + ": " + (reason.startsWith(prefix) ? "" : prefix) + reason);
    }
  }

  private Statement statement() {
    Lexeme first = take();
    if (first.kind() != Kind.WORD) {
      throw new SyntaxException(
          at(first)
              + "found "
              + first.describe()
              + ", expected a verb such as get; example: "
              + Verb.GET.examples().get(0));
    }
    verb = Verb.of(first.text()).orElseThrow(() -> unknownVerb(first));
    Statement statement =
        switch (verb) {
          case PUT -> put();
          case GET -> get();
          case DEL -> delete();
          case SCAN -> scan();
          case CAS -> compareAndSet();
          case INCR -> increment();
          case APPEND -> append();
          case TTL -> expire();
          case INSERT, REPLACE, UPSERT, PATCH, FIND, TOTALS, FAMILY, WATCH ->
              new DocumentParser(this).parse(verb);
          case COPY, COPIES, INDEXES, CHANGES, VERIFY -> new DeclarationParser(this).parse(verb);
          case BATCH -> batch();
          case CREATE -> create();
          case DROP -> drop();
          case EXPLAIN -> explain();
          case HELP -> help();
          case SPLIT,
              MERGE,
              MOVE,
              TRANSFER,
              DRAIN,
              REMOVE,
              OPERATIONS,
              PAUSE,
              RESUME,
              CANCEL,
              UPGRADE,
              SET ->
              new OperatorParser(this).parse(verb);
          case COLLECTIONS, STATUS, NODES, SHARDS, RING, PLAN, SETTINGS, EXIT ->
              new Statement.Plain(verb);
        };
    if (!isAtEnd()) {
      throw expected("the end of the statement");
    }
    return statement;
  }

  private Statement put() {
    String collection = collection();
    List<Term> terms = terms("a value", 2, 3, Set.of("ttl", "if"));
    long ttl = Action.TTL_DEFAULT;
    Condition condition = Condition.none();
    while (peek().kind() == Kind.WORD) {
      if (peek().isWord("ttl") && ttl == Action.TTL_DEFAULT) {
        next++;
        ttl = ttl(false);
      } else if (peek().isWord("if") && condition == Condition.none()) {
        condition = condition(true);
      } else {
        break;
      }
    }
    Value value = terms.remove(terms.size() - 1).value();
    return new Statement.Put(target(collection, terms), value, ttl, condition);
  }

  private Statement.Get get() {
    String collection = collection();
    Target target = target(collection, terms("a sharding key", 1, 2, Set.of("at", "with")));
    return new Statement.Get(target, levelAndCopies());
  }

  private Statement delete() {
    String collection = collection();
    Set<String> clauses = Set.of("if", "where", "returning");
    Target target = target(collection, terms("a sharding key", 1, 2, clauses));
    return new DocumentParser(this).deletion(target);
  }

  /** Writes with {@code and} between them; a line may end behind it. */
  private Statement batch() {
    List<Statement> steps = new ArrayList<>();
    inBatch = true;
    do {
      verb = Verb.BATCH;
      while (peek().kind() == Kind.END && peek().text().equals("\n")) {
        next++;
      }
      if (peek().kind() == Kind.END && peek().text().isEmpty()) {
        throw new SyntaxException(
            at(peek()) + "found the end of the input, expected a write", true);
      }
      if (Verb.of(peek().text()).filter(Verb::canBeInBatch).isEmpty()) {
        throw expected("a write such as insert, patch or del");
      }
      steps.add(statement());
    } while (has("and"));
    inBatch = false;
    verb = Verb.BATCH;
    return new Statement.WriteBatch(steps);
  }

  private Statement scan() {
    String collection = collection();
    Set<String> keywords = Set.of("from", "to", "reverse", "limit", "at");
    Key shardingKey = terms("a sharding key", 1, 1, keywords).get(0).key();
    Key from = null;
    Key to = null;
    boolean reverse = false;
    int limit = Statement.Scan.LIMIT_DEFAULT;
    Level level = Level.LINEARIZABLE;
    while (peek().kind() == Kind.WORD && keywords.contains(peek().text())) {
      if (peek().isWord("at")) {
        level = level();
        continue;
      }
      switch (take().text()) {
        case "from" -> from = term("a sort key").key();
        case "to" -> to = term("a sort key").key();
        case "reverse" -> reverse = true;
        default -> limit = limit();
      }
    }
    return new Statement.Scan(collection, shardingKey, from, to, reverse, limit, level);
  }

  int limit() {
    String expected = "a whole number from 1 to " + Statement.Scan.LIMIT_MAX;
    long limit = wholeNumber(expected);
    if (limit < 1 || limit > Statement.Scan.LIMIT_MAX) {
      next--;
      throw expected(expected);
    }
    return (int) limit;
  }

  private Statement compareAndSet() {
    String collection = collection();
    List<Term> terms = terms("a value", 3, 4, Set.of());
    Value value = terms.remove(terms.size() - 1).value();
    Value expected = terms.remove(terms.size() - 1).value();
    return new Statement.CompareAndSet(target(collection, terms), expected, value);
  }

  private Statement increment() {
    String collection = collection();
    Target target = target(collection, terms("a sharding key", 1, 2, Set.of("by")));
    long delta = 1;
    if (peek().isWord("by")) {
      next++;
      delta = wholeNumber("a whole number");
    }
    return new Statement.Increment(target, delta);
  }

  private Statement append() {
    String collection = collection();
    List<Term> terms = terms("a value", 2, 3, Set.of());
    byte[] bytes = terms.remove(terms.size() - 1).bytes();
    return new Statement.Append(target(collection, terms), bytes);
  }

  private Statement expire() {
    String collection = collection();
    List<Term> terms = terms("a duration", 1, 3, Set.of());
    if (terms.size() < 2) {
      throw expected("a duration (" + Durations.EXAMPLES + ", never or default)");
    }
    terms.remove(terms.size() - 1);
    next--;
    return new Statement.Expire(target(collection, terms), ttl(true));
  }

  private Statement create() {
    if (has("index")) {
      return new DeclarationParser(this).createIndex();
    }
    if (!has("collection")) {
      throw expected("the word collection or index");
    }
    String name = collection();
    CollectionOptions options = CollectionOptions.defaults();
    while (peek().kind() == Kind.WORD) {
      if (peek().isWord("documents") && options.documents() == null) {
        next++;
        options =
            new CollectionOptions(
                options.ttl(),
                options.divisible(),
                options.ifAbsent(),
                new DocumentParser(this).keys());
      } else if (peek().isWord("index") && options.documents() != null) {
        next++;
        options = options.withIndex(new DeclarationParser(this).index());
      } else if (peek().isWord("ttl")) {
        next++;
        options = options.withTtl(Duration.ofMillis(ttl(false)));
        if (options.ttl().isNegative()) {
          options = options.withTtl(Duration.ZERO);
        }
      } else if (peek().isWord("divisible")) {
        next++;
        options = options.thatIsDivisible();
      } else if (peek().isWord("if")) {
        next++;
        keyword("absent");
        options = options.onlyIfAbsent();
      } else {
        throw expected("documents, index, ttl, divisible, if absent or the end of the statement");
      }
    }
    return new Statement.CreateCollection(name, options);
  }

  private Statement drop() {
    return has("collection")
        ? new Statement.DropCollection(collection())
        : new DeclarationParser(this).drop();
  }

  private Statement explain() {
    if (peek().isWord("shard")) {
      next++;
      return new Statement.ExplainShard(wholeNumber("the number of a shard"));
    }
    if (peek().isWord("find")) {
      next++;
      return new Statement.ExplainFind((Statement.Find) new DocumentParser(this).parse(Verb.FIND));
    }
    if (!peek().isWord("get")) {
      throw expected("the word get, find or shard");
    }
    next++;
    return new Statement.Explain(get());
  }

  private Statement help() {
    if (peek().kind() != Kind.WORD) {
      return new Statement.Help(Optional.empty());
    }
    Lexeme word = take();
    return new Statement.Help(
        Optional.of(Verb.of(word.text()).orElseThrow(() -> unknownVerb(word))));
  }

  /** What a read promises, and whether it tells of copies from other shards. */
  Level levelAndCopies() {
    Level level = level();
    if (!has("with")) {
      return level;
    }
    keyword("copies");
    return level.withCopies();
  }

  private static Target target(String collection, List<Term> terms) {
    Key sortKey = terms.size() > 1 ? terms.get(1).key() : Key.EMPTY;
    return new Target(collection, terms.get(0).key(), sortKey);
  }

  private static SyntaxException unknownVerb(Lexeme word) {
    if (COMMANDS.contains(word.text())) {
      return new SyntaxException(
          at(word)
              + word.text()
              + " is a command of its own, outside of the shell; example: henge "
              + word.text()
              + " orders orders.jsonl");
    }
    Optional<Verb> nearest = Verb.nearest(word.text());
    String help =
        nearest
            .map(v -> "did you mean " + v.word() + "? example: " + v.examples().get(0))
            .orElseGet(
                () ->
                    "expected one of "
                        + Stream.of(Verb.values()).map(Verb::word).collect(Collectors.joining(", "))
                        + "; example: "
                        + Verb.GET.examples().get(0));
    return new SyntaxException(at(word) + "unknown verb " + word.text() + ": " + help);
  }
}
