package io.henge.cli.shell;

import io.henge.api.error.HengeException;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/**
 * Completes verbs, then names of collections, then the keywords of the verb, and where paths are
 * expected the fields that were seen.
 */
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
          Verb.TOTALS,
          Verb.WATCH,
          Verb.VERIFY);

  /** After these words come paths of fields. */
  private static final Set<String> BEFORE_FIELDS = Set.of("fields", "sort", "of", "where");

  /** After these come others. */
  private static final Set<String> BEFORE_OTHERS =
      Set.of("limit", "as", "at", "if", "returning", "for", "from", "after", "ttl");

  private final Supplier<List<String>> collections;
  private final Function<String, List<String>> fields;

  /**
   * A completer.
   *
   * @param collections asked at each completion of a name; may fail
   * @param fields paths of the fields of a collection's documents
   */
  VerbCompleter(Supplier<List<String>> collections, Function<String, List<String>> fields) {
    this.collections = collections;
    this.fields = fields;
  }

  @Override
  public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
    List<String> before = line.words().subList(0, line.wordIndex());
    String word = line.word().substring(0, line.wordCursor());
    List<String> paths = fieldsAfter(before);
    if (!paths.isEmpty()) {
      // Several may stand in one word, with commas or within a filter in quotes.
      int from = word.length();
      while (from > 0 && isPartOfPath(word.charAt(from - 1))) {
        from--;
      }
      String head = word.substring(0, from);
      for (String path : paths) {
        // Not complete: a comma, or the rest of the filter, may follow at once.
        candidates.add(new Candidate(head + path, path, null, null, null, null, false));
      }
    }
    candidates(before).map(Candidate::new).forEach(candidates::add);
  }

  private static boolean isPartOfPath(char c) {
    return Character.isLetterOrDigit(c) || "_$.[]-".indexOf(c) >= 0;
  }

  /** Fields of the statement's collection, if paths may follow these words. */
  List<String> fieldsAfter(List<String> words) {
    List<String> before = withoutExplain(lastOfBatch(words));
    if (before.size() < 3) {
      return List.of();
    }
    if (isIndex(before)) {
      return fields.apply(before.get(4));
    }
    for (int i = before.size() - 1; i >= 2; i--) {
      if (BEFORE_OTHERS.contains(before.get(i))) {
        return List.of();
      }
      if (BEFORE_FIELDS.contains(before.get(i))) {
        return fields.apply(before.get(1));
      }
    }
    return List.of();
  }

  /** The write of a batch that is being typed; of other statements all of it. */
  private static List<String> lastOfBatch(List<String> words) {
    if (words.isEmpty() || !words.get(0).equals(Verb.BATCH.word())) {
      return words;
    }
    int last = words.lastIndexOf("and");
    return words.subList(Math.max(last, 0) + 1, words.size());
  }

  /** Explained is a statement of its own. */
  private static List<String> withoutExplain(List<String> words) {
    boolean explains = words.size() > 1 && words.get(0).equals(Verb.EXPLAIN.word());
    return explains ? words.subList(1, words.size()) : words;
  }

  /** Whether the paths of an index come: {@code create index NAME on COLLECTION}. */
  private static boolean isIndex(List<String> before) {
    return before.size() >= 5
        && before.get(0).equals(Verb.CREATE.word())
        && before.get(1).equals("index")
        && before.get(3).equals("on");
  }

  /** What may follow these words of a statement. */
  Stream<String> candidates(List<String> words) {
    List<String> before = lastOfBatch(words);
    if (before != words && before.isEmpty()) {
      return Stream.of(Verb.values()).filter(Verb::canBeInBatch).map(Verb::word);
    }
    if (before.isEmpty()) {
      return Stream.of(Verb.values()).map(Verb::word);
    }
    Verb verb = Verb.of(before.get(0)).orElse(null);
    if (verb == null) {
      return Stream.empty();
    }
    if (verb == Verb.EXPLAIN) {
      Verb explained =
          before.size() > 1 && before.get(1).equals(Verb.FIND.word()) ? Verb.FIND : Verb.GET;
      return before.size() == 1
          ? Stream.of("get", "find", "shard")
          : before.get(1).equals("shard")
              ? Stream.empty()
              : after(explained, withoutExplain(before));
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
          : Stream.of(
              "into",
              "on",
              "last",
              "by",
              "at write",
              "follow within",
              "when deleted",
              "replace",
              "wait");
    }
    if (verb == Verb.CHANGES) {
      return words == 1
          ? Stream.of("on")
          : before.get(words - 1).equals("on")
              ? names()
              : words == 3 ? Stream.of("for") : Stream.of("before").filter(word -> words == 5);
    }
    if (verb == Verb.COPIES) {
      return words == 1
          ? Stream.concat(Stream.of("status"), names())
          : before.get(1).equals("status") && words == 2 ? names() : Stream.empty();
    }
    if (verb == Verb.INDEXES) {
      return words == 1 ? names() : Stream.empty();
    }
    if (!WITH_COLLECTION.contains(verb)) {
      return Stream.empty();
    }
    return words == 1
        ? names()
        : words == 2 ? behindCollection(verb) : keywords(verb, before.get(words - 1));
  }

  private static Stream<String> behindCollection(Verb verb) {
    return switch (verb) {
      case FIND, TOTALS -> Stream.of("all shards");
      case WATCH -> Stream.of("from now", "from start", "where", "limit", "for");
      case VERIFY -> Stream.of("repair");
      default -> Stream.empty();
    };
  }

  private static Stream<String> keywords(Verb verb, String last) {
    if (last.equals("at")) {
      return Stream.of("linearizable", "session", "bounded", "eventual");
    }
    if (last.equals("as")) {
      return Stream.of("table", "pretty");
    }
    if (last.equals("if")) {
      return Stream.of("absent", "present", "version");
    }
    return switch (verb) {
      case PUT -> Stream.of("ttl", "if");
      case GET -> Stream.of("at", "with copies");
      case DEL -> Stream.of("if", "where", "returning old");
      case SCAN -> Stream.of("from", "to", "reverse", "limit", "at");
      case INSERT -> Stream.of("ttl", "returning new");
      case REPLACE, UPSERT -> Stream.of("if version", "where", "ttl", "returning");
      case PATCH -> Stream.of("or insert", "if version", "where", "returning");
      case FIND ->
          Stream.of("where", "fields", "sort", "limit", "after", "as", "at", "with copies");
      case TOTALS -> Stream.of("of", "where", "at");
      case WATCH ->
          last.equals("from")
              ? Stream.of("now", "start")
              : Stream.of("from", "where", "limit", "for");
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
