package io.henge.cli.shell;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.cli.shell.Lexeme.Kind;
import io.henge.cli.shell.Statement.Level;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.CollectionOptions;
import io.henge.client.Consistency;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Understands statements. Arguments come first, then clauses that begin with a keyword of the verb;
 * a keyword in quotes is an argument like any other. Every refusal names what was found, what was
 * expected, and an example.
 */
public final class Parser {
  private final List<Lexeme> lexemes;
  private int next;
  private Verb verb = Verb.HELP;

  private Parser(List<Lexeme> lexemes) {
    this.lexemes = lexemes;
  }

  /**
   * All statements of a text.
   *
   * @throws SyntaxException if one of them is not understood
   */
  public static List<Statement> parse(String text) {
    Parser parser = new Parser(Lexer.cut(text));
    List<Statement> statements = new ArrayList<>();
    while (parser.next < parser.lexemes.size()) {
      if (parser.peek().kind() == Kind.END) {
        parser.next++;
      } else {
        statements.add(parser.statement());
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
    if (peek().kind() != Kind.END) {
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
    Target target = target(collection, terms("a sharding key", 1, 2, Set.of("if")));
    Condition condition = peek().isWord("if") ? condition(false) : Condition.none();
    return new Statement.Delete(target, condition);
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

  /** What a read promises, if it says so. */
  Level level() {
    if (!peek().isWord("at")) {
      return Level.LINEARIZABLE;
    }
    next++;
    String expected = "linearizable, session, bounded DURATION or eventual";
    if (peek().kind() != Kind.WORD) {
      throw expected(expected);
    }
    return switch (take().text()) {
      case "linearizable" -> Level.LINEARIZABLE;
      case "session" -> new Level(Consistency.SESSION, Duration.ZERO);
      case "eventual" -> new Level(Consistency.EVENTUAL, Duration.ZERO);
      case "bounded" -> new Level(Consistency.BOUNDED, duration("a duration", false));
      default -> {
        next--;
        throw expected(expected);
      }
    };
  }

  Condition condition(boolean absentToo) {
    keyword("if");
    String expected = (absentToo ? "absent, " : "") + "present or version N";
    if (absentToo && peek().isWord("absent")) {
      next++;
      return Condition.absent();
    } else if (peek().isWord("present")) {
      next++;
      return Condition.present();
    } else if (peek().isWord("version")) {
      next++;
      return new Condition.VersionIs(wholeNumber("the version as a whole number"));
    }
    throw expected(expected);
  }

  /** A time to live in milliseconds, as actions take it. */
  private long ttl(boolean defaultToo) {
    if (peek().isWord("never")) {
      next++;
      return Action.TTL_NEVER;
    }
    if (defaultToo && peek().isWord("default")) {
      next++;
      return Action.TTL_DEFAULT;
    }
    return duration("a duration", true).toMillis();
  }

  Duration duration(String what, boolean neverToo) {
    Optional<Duration> duration =
        peek().kind() == Kind.WORD ? Durations.parse(peek().text()) : Optional.empty();
    if (duration.isEmpty() || duration.get().isZero()) {
      throw expected(
          what + " above zero (" + Durations.EXAMPLES + (neverToo ? ", or never)" : ")"));
    }
    next++;
    return duration.get();
  }

  /** A name: a word, a text in quotes, or digits. */
  String name(String expected) {
    Lexeme name = peek();
    return switch (name.kind()) {
      case STRING -> String.valueOf(take().value());
      case WORD, WHOLE, REAL, BOOLEAN -> take().text();
      default -> throw expected(expected);
    };
  }

  /** Takes a word if it is the next one. */
  boolean has(String word) {
    boolean there = peek().isWord(word);
    next += there ? 1 : 0;
    return there;
  }

  Key key(String expected) {
    return term(expected).key();
  }

  long wholeNumber(String expected) {
    if (peek().kind() != Kind.WHOLE || !(peek().value() instanceof Long number)) {
      throw expected(expected);
    }
    next++;
    return number;
  }

  void keyword(String word) {
    if (!peek().isWord(word)) {
      throw expected("the word " + word);
    }
    next++;
  }

  /** A JSON object, as it is written. */
  String object(String expected) {
    if (peek().kind() != Kind.JSON || !peek().text().startsWith("{")) {
      throw expected(expected);
    }
    return take().text();
  }

  /** Whether a key, and not yet what follows the keys, comes next. */
  boolean isAtKey() {
    return peek().kind() != Kind.JSON && peek().kind() != Kind.END;
  }

  boolean isAtEnd() {
    return peek().kind() == Kind.END;
  }

  /** Takes a parenthesis. */
  void punctuation(Kind kind, String expected) {
    if (peek().kind() != kind) {
      throw expected(expected);
    }
    next++;
  }

  /** Names with commas between them. */
  List<String> names(String expected) {
    List<String> names = new ArrayList<>();
    do {
      names.add(name(expected));
    } while (hasComma());
    return names;
  }

  /** Takes a comma if it is the next one. */
  boolean hasComma() {
    boolean there = peek().kind() == Kind.COMMA;
    next += there ? 1 : 0;
    return there;
  }

  String collection() {
    Lexeme name = peek();
    if (name.kind() != Kind.WORD && name.kind() != Kind.STRING) {
      throw expected("the name of a collection");
    }
    next++;
    return String.valueOf(name.value());
  }

  private static Target target(String collection, List<Term> terms) {
    Key sortKey = terms.size() > 1 ? terms.get(1).key() : Key.EMPTY;
    return new Target(collection, terms.get(0).key(), sortKey);
  }

  /**
   * Arguments up to a keyword or the end.
   *
   * @param last what the last one needed is, for the message if it is missing
   */
  private List<Term> terms(String last, int least, int most, Set<String> keywords) {
    Predicate<Lexeme> clause = l -> l.kind() == Kind.WORD && keywords.contains(l.text());
    List<Term> terms = new ArrayList<>();
    while (terms.size() < most && peek().kind() != Kind.END && !clause.test(peek())) {
      terms.add(term(terms.isEmpty() ? "a sharding key" : "a key or a value"));
    }
    if (terms.size() < least) {
      String what = terms.isEmpty() ? "a sharding key" : last;
      throw expected(
          clause.test(peek())
              ? what + " (to use the word " + peek().text() + " as one, quote it)"
              : what);
    }
    return terms;
  }

  private Term term(String expected) {
    Lexeme first = peek();
    return switch (first.kind()) {
      case END, CLOSE, COMMA -> throw expected(expected);
      case OPEN -> tuple();
      default -> {
        next++;
        yield new Term(first, null);
      }
    };
  }

  private Term tuple() {
    Lexeme open = take();
    List<Object> parts = new ArrayList<>();
    while (peek().kind() != Kind.CLOSE) {
      Lexeme part = peek();
      Object value = part.value();
      if (value == null || part.kind() == Kind.JSON) {
        throw expected("a part of a key: a text, a number, true, false or 0x...");
      }
      parts.add(value);
      next++;
      if (peek().kind() == Kind.COMMA) {
        next++;
        if (peek().kind() == Kind.CLOSE) {
          throw expected("another part of the key after the comma");
        }
      } else if (peek().kind() != Kind.CLOSE) {
        throw expected("a comma or )");
      }
    }
    next++;
    return new Term(open, Key.of(parts.toArray()));
  }

  /** An argument: a key in parentheses, or one lexeme. */
  private final class Term {
    private final Lexeme first;
    private final @Nullable Key tuple;

    Term(Lexeme first, @Nullable Key tuple) {
      this.first = first;
      this.tuple = tuple;
    }

    Key key() {
      if (tuple != null) {
        return tuple;
      }
      if (first.kind() == Kind.JSON || first.value() == null) {
        throw misplaced("a key: a text, a number, true, false, 0x... or several in parentheses");
      }
      return Key.of(first.value());
    }

    Value value() {
      return first.kind() == Kind.WHOLE && first.value() instanceof Long number
          ? Value.of((long) number)
          : Value.of(bytes());
    }

    /** Text as UTF-8, numbers and booleans as they were written. */
    byte[] bytes() {
      if (tuple != null) {
        throw misplaced("a value: a text, a whole number, 0x... or a JSON value");
      }
      if (first.value() instanceof byte[] bytes) {
        return bytes;
      }
      String text = first.kind() == Kind.STRING ? String.valueOf(first.value()) : first.text();
      return text.getBytes(StandardCharsets.UTF_8);
    }

    private SyntaxException misplaced(String expected) {
      return refuse(first, expected);
    }
  }

  Lexeme peek() {
    return lexemes.get(next);
  }

  private Lexeme take() {
    return lexemes.get(next++);
  }

  SyntaxException expected(String what) {
    return refuse(peek(), what);
  }

  private SyntaxException refuse(Lexeme found, String expected) {
    return new SyntaxException(
        at(found)
            + verb.word()
            + ": found "
            + found.describe()
            + ", expected "
            + expected
            + "; example: "
            + example());
  }

  /** The example of the verb that begins most like what was written. */
  private String example() {
    int start = next;
    while (start > 0 && lexemes.get(start - 1).kind() != Kind.END) {
      start--;
    }
    String best = verb.examples().get(0);
    int most = 0;
    for (String example : verb.examples()) {
      String[] words = example.split(" ");
      int alike = 0;
      while (alike < words.length && lexemes.get(start + alike).isWord(words[alike])) {
        alike++;
      }
      if (alike > most) {
        most = alike;
        best = example;
      }
    }
    return best;
  }

  private static SyntaxException unknownVerb(Lexeme word) {
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

  private static String at(Lexeme found) {
    return "line " + found.line() + ", column " + found.column() + ": ";
  }
}
