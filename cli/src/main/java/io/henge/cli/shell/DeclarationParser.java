package io.henge.cli.shell;

import io.henge.api.error.HengeException;
import io.henge.client.Copy;
import io.henge.client.Index;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Understands what is declared of documents: indexes, copies, change streams. */
final class DeclarationParser {
  private static final String PATH = "a path such as total or address.city";
  private static final String COPY = "a copy: its number, or what it writes, as users.order_count";

  /** The word wait at the end belongs to the shell, not to the declaration. */
  private static final Pattern AWAITED = Pattern.compile("(.*\\S)\\s+wait\\s*", Pattern.DOTALL);

  private static final Pattern REPLACES = Pattern.compile("(.*\\S)\\s+replace\\s*", Pattern.DOTALL);

  private final Parser in;

  DeclarationParser(Parser in) {
    this.in = in;
  }

  Statement parse(Verb verb) {
    return switch (verb) {
      case COPY -> copy();
      case COPIES -> copies();
      case INDEXES -> new Statement.ListDerived(verb, collectionOrAll());
      case CHANGES -> changes();
      case VERIFY -> verify();
      default -> throw new IllegalArgumentException(verb.word() + " declares nothing");
    };
  }

  private String collectionOrAll() {
    return in.isAtEnd() ? "" : in.collection();
  }

  private Statement copies() {
    return in.has("status")
        ? new Statement.CopiesStatus(collectionOrAll())
        : new Statement.ListDerived(Verb.COPIES, collectionOrAll());
  }

  private Statement copy() {
    Lexeme text = in.peek();
    if (text.kind() != Lexeme.Kind.STRING) {
      throw in.expected("what is copied where");
    }
    try {
      String declaration = in.name("what is copied where");
      Matcher awaited = AWAITED.matcher(declaration);
      String what = awaited.matches() ? awaited.group(1) : declaration;
      Matcher replaces = REPLACES.matcher(what);
      return new Statement.CreateCopy(
          Copy.parse(replaces.matches() ? replaces.group(1) : what),
          replaces.matches(),
          awaited.matches());
    } catch (HengeException e) {
      throw new SyntaxException(
          "line " + text.line() + ": " + e.getMessage() + "; example: " + example());
    }
  }

  private static String example() {
    return Verb.COPY.examples().get(0);
  }

  private Statement verify() {
    if (in.has("repair")) {
      return new Statement.Verify("", true);
    }
    String collection = in.isAtEnd() ? "" : in.collection();
    return new Statement.Verify(collection, in.has("repair"));
  }

  private Statement changes() {
    in.keyword("on");
    String collection = in.collection();
    in.keyword("for");
    Duration retention = in.duration("a duration", false);
    return new Statement.KeepChanges(collection, retention, in.has("before"));
  }

  /** After {@code create index}. */
  Statement createIndex() {
    String name = in.name("the name of the index");
    in.keyword("on");
    String collection = in.collection();
    Index index = fields(name);
    return new Statement.CreateIndex(collection, index, in.has("wait"));
  }

  /** Name and fields, after the word {@code index} of a collection that is created. */
  Index index() {
    return fields(in.name("the name of the index"));
  }

  private Index fields(String name) {
    Index index = Index.named(name);
    in.punctuation(Lexeme.Kind.OPEN, "( and the paths that are indexed");
    do {
      String path = in.name(PATH);
      index = in.has("desc") ? index.descending(path) : index.ascending(path);
    } while (in.hasComma());
    in.punctuation(Lexeme.Kind.CLOSE, "desc, a comma or )");
    return index;
  }

  /** After {@code drop}, if it is not a collection that is dropped. */
  Statement drop() {
    if (in.has("index")) {
      String name = in.name("the name of the index");
      in.keyword("on");
      return new Statement.DropIndex(in.collection(), name);
    }
    if (in.has("copy")) {
      String copy = in.name(COPY);
      boolean keep = in.has("keep");
      return new Statement.DropCopy(copy, keep);
    }
    if (in.has("changes")) {
      in.keyword("on");
      return new Statement.DropChanges(in.collection());
    }
    throw in.expected("the word collection, index, copy or changes");
  }
}
