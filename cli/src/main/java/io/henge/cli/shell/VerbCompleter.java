package io.henge.cli.shell;

import io.henge.api.error.HengeException;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes verbs, then names of collections, then the keywords of the verb. */
final class VerbCompleter implements Completer {
  private static final List<Verb> WITH_COLLECTION =
      List.of(
          Verb.PUT,
          Verb.GET,
          Verb.DEL,
          Verb.SCAN,
          Verb.CAS,
          Verb.INCR,
          Verb.APPEND,
          Verb.TTL,
          Verb.INSERT,
          Verb.REPLACE,
          Verb.UPSERT,
          Verb.PATCH,
          Verb.FIND,
          Verb.TOTALS);

  private final Supplier<List<String>> collections;

  /**
   * A completer.
   *
   * @param collections asked at each completion of a name; may fail
   */
  VerbCompleter(Supplier<List<String>> collections) {
    this.collections = collections;
  }

  @Override
  public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
    candidates(line.words().subList(0, line.wordIndex()))
        .map(Candidate::new)
        .forEach(candidates::add);
  }

  /** What may follow these words of a statement. */
  Stream<String> candidates(List<String> before) {
    if (before.isEmpty()) {
      return Stream.of(Verb.values()).map(Verb::word);
    }
    Verb verb = Verb.of(before.get(0)).orElse(null);
    if (verb == null) {
      return Stream.empty();
    }
    if (verb == Verb.EXPLAIN) {
      return before.size() == 1
          ? Stream.of("get")
          : after(Verb.GET, before.subList(1, before.size()));
    }
    return after(verb, before);
  }

  private Stream<String> after(Verb verb, List<String> before) {
    int words = before.size();
    if (verb == Verb.HELP && words == 1) {
      return Stream.of(Verb.values()).map(Verb::word);
    }
    if (verb == Verb.CREATE || verb == Verb.DROP) {
      if (words == 1) {
        return verb == Verb.CREATE
            ? Stream.of("collection", "index")
            : Stream.of("collection", "index", "copy", "changes on");
      }
      if (!before.get(1).equals("collection")) {
        return before.get(words - 1).equals("on") ? names() : Stream.of("on", "keep");
      }
      return verb == Verb.CREATE
          ? Stream.of(
              "documents shard by", "id", "expiring at", "index", "ttl", "divisible", "if absent")
          : names();
    }
    if (verb == Verb.COPY) {
      return words == 1 || before.get(words - 1).equals("into")
          ? names()
          : Stream.of("into", "on", "last", "by", "at write", "follow within", "when deleted");
    }
    if (verb == Verb.CHANGES) {
      return words == 1
          ? Stream.of("on")
          : before.get(words - 1).equals("on") ? names() : Stream.of("for");
    }
    if (verb == Verb.INDEXES || verb == Verb.COPIES) {
      return words == 1 ? names() : Stream.empty();
    }
    if (!WITH_COLLECTION.contains(verb)) {
      return Stream.empty();
    }
    return words == 1
        ? names()
        : words == 2
            ? Stream.of("all shards").filter(word -> verb == Verb.FIND || verb == Verb.TOTALS)
            : keywords(verb, before.get(words - 1));
  }

  private static Stream<String> keywords(Verb verb, String last) {
    if (last.equals("at")) {
      return Stream.of("linearizable", "session", "bounded", "eventual");
    }
    if (last.equals("if")) {
      return Stream.of("absent", "present", "version");
    }
    return switch (verb) {
      case PUT -> Stream.of("ttl", "if");
      case GET -> Stream.of("at");
      case DEL -> Stream.of("if");
      case SCAN -> Stream.of("from", "to", "reverse", "limit", "at");
      case INSERT -> Stream.of("returning new");
      case REPLACE, UPSERT, PATCH -> Stream.of("if version", "where", "returning");
      case FIND -> Stream.of("where", "fields", "sort", "limit", "at");
      case TOTALS -> Stream.of("of", "where", "at");
      case INCR -> Stream.of("by");
      case TTL -> Stream.of("never", "default");
      default -> Stream.empty();
    };
  }

  private Stream<String> names() {
    try {
      return collections.get().stream();
    } catch (HengeException e) {
      // A completion that cannot be had is no reason to disturb the line that is being typed.
      return Stream.empty();
    }
  }
}
