package io.henge.document.declare;

import io.henge.api.error.HengeException;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import io.henge.document.path.Path;
import io.henge.document.path.PathParser;
import io.henge.document.path.PathStep;
import io.henge.document.path.PathSyntaxException;
import java.util.List;

/** Reads declarations of copies. */
final class CopyParser {
  /** Longer than any that is taken; so that no request is searched for long. */
  private static final int CHARS_MAX = 32 << 10;

  private static final String CLAUSE =
      "on PATH, last N by PATH, at write, follow within DURATION or the end";

  private final String text;
  private final CopyRule.Builder rule = CopyRule.newBuilder();
  private int at;

  CopyParser(String text) {
    this.text = text;
  }

  CopyDeclaration parse() {
    if (text.length() > CHARS_MAX) {
      throw HengeException.invalid(
          "copy: a declaration of at most "
              + CHARS_MAX
              + " characters expected, found "
              + text.length());
    }
    // A collection may be called so: then a parenthesis, a dot or a comma follows.
    int start = at;
    if (word("copy") && ("(.".indexOf(peek()) >= 0 || peek() == 0)) {
      at = start;
    }
    String first = name("the name of a collection");
    String holder;
    if (mark('(')) {
      fields();
      require("into");
      holder = name("the name of the collection that holds the copies");
      rule.setSource(first);
      if (mark('.')) {
        rule.setTarget(path());
      }
      clauses();
      requireKind();
    } else if (mark('.')) {
      holder = first;
      rule.setTarget(path());
      total();
    } else {
      throw expected(
          "( and the fields to copy, as in orders(order_id, total) into users.orders last 20 by"
              + " created_at; or . and a field, as in users.order_count = count(orders)");
    }
    skip();
    if (at < text.length()) {
      throw expected(rule.getKind() == CopyKind.COPY_KIND_UNSPECIFIED ? CLAUSE : "the end");
    }
    return new CopyDeclaration(holder, rule.build());
  }

  // ---- The two forms ----

  private void fields() {
    do {
      Path path = parsePath();
      String as = word("as") ? member() : null;
      if (as == null) {
        as = lastMember(path);
      }
      rule.addFields(CopiedField.newBuilder().setPath(path.toString()).setAs(as));
    } while (mark(','));
    if (!mark(')')) {
      throw expected("a comma, as NAME, or )");
    }
  }

  private String lastMember(Path path) {
    List<PathStep> steps = path.steps();
    if (steps.isEmpty() || !(steps.get(steps.size() - 1) instanceof PathStep.Member last)) {
      throw expected("as NAME, since " + path + " ends in no name of its own");
    }
    return Path.ofMembers(last.name()).toString();
  }

  /** The name of one member, as paths write it. */
  private String member() {
    int start = at;
    Path path = parsePath();
    if (path.size() != 1 || !(path.steps().get(0) instanceof PathStep.Member)) {
      at = start;
      throw expected("the name of one member");
    }
    return path.toString();
  }

  private void total() {
    if (!mark('=')) {
      throw expected("= and count(...) or sum(...)");
    }
    boolean sum = word("sum");
    if (!sum && !word("count")) {
      throw expected("count(COLLECTION) or sum(COLLECTION.PATH)");
    }
    if (!mark('(')) {
      throw expected("(");
    }
    rule.setKind(sum ? CopyKind.COPY_KIND_SUM : CopyKind.COPY_KIND_COUNT);
    rule.setSource(name("the name of the collection that is " + (sum ? "summed up" : "counted")));
    if (sum) {
      if (!mark('.')) {
        throw expected(". and the path that is summed up");
      }
      Path path = parsePath();
      // The name in the copy means nothing: the field is the total.
      rule.addFields(CopiedField.newBuilder().setPath(path.toString()).setAs(""));
    }
    if (!mark(')')) {
      throw expected(")");
    }
    if (word("on")) {
      paths();
    }
  }

  // ---- Clauses ----

  private void clauses() {
    boolean more = true;
    while (more) {
      if (rule.getOnCount() == 0 && word("on")) {
        paths();
      } else if (isOpen() && word("last")) {
        rule.setKind(CopyKind.COPY_KIND_LIST).setLast((int) number("how many members at most"));
        require("by");
        rule.setBy(path());
      } else if (isOpen() && word("at")) {
        require("write");
        rule.setKind(CopyKind.COPY_KIND_SNAPSHOT);
      } else if (isOpen() && word("follow")) {
        require("within");
        rule.setKind(CopyKind.COPY_KIND_FOLLOW).setBoundMillis(duration());
      } else if (!rule.getNullWhenDeleted() && word("when")) {
        require("deleted");
        rule.setNullWhenDeleted(word("null"));
        if (!rule.getNullWhenDeleted() && !word("keep")) {
          throw expected("null or keep");
        }
      } else {
        more = false;
      }
    }
  }

  private boolean isOpen() {
    return rule.getKind() == CopyKind.COPY_KIND_UNSPECIFIED;
  }

  private void requireKind() {
    if (isOpen()) {
      throw expected(
          "which copy it is: last N by PATH (a list, within a sharding key), at write (as of when"
              + " the holder is written) or follow within DURATION (kept up to date)");
    }
  }

  private void paths() {
    do {
      rule.addOn(path());
    } while (mark(','));
  }

  private long duration() {
    long number = number("a duration such as 5s, 500ms or 1m");
    for (CopyPrinter.Unit unit : CopyPrinter.Unit.values()) {
      // Right behind the number; "m" is not to take the beginning of "ms".
      if (text.startsWith(unit.word(), at) && !isPart(at + unit.word().length())) {
        at += unit.word().length();
        if (number > Long.MAX_VALUE / unit.millis()) {
          throw expected("a shorter duration");
        }
        return number * unit.millis();
      }
    }
    throw expected("a unit of time right behind the number: ms, s, m, h or d");
  }

  // ---- Parts ----

  private String path() {
    return parsePath().toString();
  }

  private Path parsePath() {
    skip();
    PathParser parser = new PathParser(text, at);
    try {
      Path path = parser.parse();
      at = parser.end();
      return path;
    } catch (PathSyntaxException e) {
      at = Math.min(text.length(), parser.position());
      throw error(e.reason());
    }
  }

  private String name(String what) {
    skip();
    int from = at;
    while (isPart(at)) {
      at++;
    }
    if (at == from) {
      throw expected(what);
    }
    return text.substring(from, at);
  }

  private boolean isPart(int index) {
    char c = index < text.length() ? text.charAt(index) : 0;
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }

  private long number(String what) {
    skip();
    int from = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == from || at - from > 9) {
      at = from;
      throw expected("a number of 1 to 9 digits: " + what);
    }
    return Long.parseLong(text.substring(from, at));
  }

  private boolean word(String word) {
    skip();
    if (text.startsWith(word, at) && !isPart(at + word.length())) {
      at += word.length();
      skip();
      return true;
    }
    return false;
  }

  private void require(String word) {
    if (!word(word)) {
      throw expected("the word " + word);
    }
  }

  private boolean mark(char mark) {
    skip();
    boolean there = peek() == mark;
    at += there ? 1 : 0;
    return there;
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void skip() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private HengeException expected(String what) {
    skip();
    int end = at;
    while (isPart(end) && end - at < 40) {
      end++;
    }
    String found =
        at >= text.length()
            ? "the end"
            : "'" + text.substring(at, Math.max(end, text.offsetByCodePoints(at, 1))) + "'";
    return error("expected " + what + "; found " + found);
  }

  private HengeException error(String reason) {
    return HengeException.invalid("copy, character " + (at + 1) + ": " + reason);
  }
}
