package io.henge.cli.shell;

import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.key.Key;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.CollectionOptions.Documents;
import io.henge.client.Returning;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import java.util.List;

/** Understands the statements about documents, after their verb. */
final class DocumentParser {
  private static final String PATH = "a path such as user_id or address.city";

  private final Parser in;

  DocumentParser(Parser in) {
    this.in = in;
  }

  Statement parse(Verb verb) {
    String collection = in.collection();
    return verb == Verb.PATCH ? patch(collection) : put(verb, collection);
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
    if (!in.peek().isWord("where")) {
      return Condition.none();
    }
    in.keyword("where");
    Lexeme text = in.peek();
    if (text.kind() != Lexeme.Kind.STRING) {
      throw in.expected("a filter in quotes, such as \"total > 10\"");
    }
    String filter = in.name("a filter");
    try {
      return new Condition.Matches(FilterCodec.encode(Filter.parse(filter)));
    } catch (HengeException e) {
      // What follows the first line is a picture of it.
      String reason = e.getMessage().lines().findFirst().orElse("not a filter");
      throw new SyntaxException("line " + text.line() + ", column " + text.column() + ": " + reason);
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
