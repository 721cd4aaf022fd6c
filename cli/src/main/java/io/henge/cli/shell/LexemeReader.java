package io.henge.cli.shell;

import io.henge.api.error.Spelling;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.cli.shell.Lexeme.Kind;
import io.henge.cli.shell.Statement.Level;
import io.henge.client.Consistency;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Takes the words of a statement, one after the other: keys, values, names, clauses. Every refusal
 * names what was found, what was expected, and an example.
 */
abstract class LexemeReader {
  /** Words of messages that are nothing to write. */
  private static final Set<String> NO_KEYWORDS =
      Set.of("the", "word", "words", "each", "once", "end", "statement", "that", "has", "whole");

  private final List<Lexeme> lexemes;
  int next;
  Verb verb = Verb.HELP;

  /** Whether the word {@code and} ends a statement, so that another one follows. */
  boolean inBatch;

  LexemeReader(List<Lexeme> lexemes) {
    this.lexemes = lexemes;
  }

  /** Whether all of the text has been taken. */
  boolean isOver() {
    return next >= lexemes.size();
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
  long ttl(boolean defaultToo) {
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

  /**
   * The next clause, whatever their order.
   *
   * @param words those that may come
   * @param given those that came; each comes once
   * @return its word, not yet taken; empty if something else comes
   */
  String clause(Set<String> words, Set<String> given) {
    String word = peek().kind() == Kind.WORD ? peek().text() : "";
    return words.contains(word) && given.add(word) ? word : "";
  }

  /** A JSON object or array, as it is written. */
  String json(String expected) {
    if (peek().kind() != Kind.JSON) {
      throw expected(expected);
    }
    return take().text();
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
    return peek().kind() != Kind.JSON && !isAtEnd();
  }

  /** Whether the statement is over. */
  boolean isAtEnd() {
    return peek().kind() == Kind.END || (inBatch && peek().isWord("and"));
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

  /**
   * Arguments up to a keyword or the end.
   *
   * @param last what the last one needed is, for the message if it is missing
   */
  List<Term> terms(String last, int least, int most, Set<String> keywords) {
    Predicate<Lexeme> clause =
        l -> l.kind() == Kind.WORD && (keywords.contains(l.text()) || (inBatch && l.isWord("and")));
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

  Term term(String expected) {
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
  final class Term {
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

  Lexeme take() {
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
            + "; "
            + meant(found, expected)
            + "example: "
            + example());
  }

  /** The word that was expected and is near to what was found. */
  private static String meant(Lexeme found, String expected) {
    if (found.kind() != Kind.WORD) {
      return "";
    }
    List<String> words =
        Arrays.stream(expected.split("[^a-zA-Z]+"))
            .filter(word -> word.length() > 2 && !NO_KEYWORDS.contains(word))
            .toList();
    return Spelling.nearest(found.text(), words)
        // A word in the wrong place is spelt right.
        .filter(word -> !word.equals(found.text()))
        .map(word -> "did you mean " + word + "? ")
        .orElse("");
  }

  /** The example of the verb that has most of the words of what was written. */
  private String example() {
    int start = next;
    while (start > 0 && lexemes.get(start - 1).kind() != Kind.END) {
      start--;
    }
    Set<String> written = new HashSet<>();
    for (int i = start; i < lexemes.size() && lexemes.get(i).kind() != Kind.END; i++) {
      if (lexemes.get(i).kind() == Kind.WORD) {
        written.add(lexemes.get(i).text());
      }
    }
    String best = verb.examples().get(0);
    long most = 0;
    for (String example : verb.examples()) {
      long alike = Arrays.stream(example.split("[^a-zA-Z_]+")).filter(written::contains).count();
      if (alike > most) {
        most = alike;
        best = example;
      }
    }
    return best;
  }

  static String at(Lexeme found) {
    return "line " + found.line() + ", column " + found.column() + ": ";
  }
}
