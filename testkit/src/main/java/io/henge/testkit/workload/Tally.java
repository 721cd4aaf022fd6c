package io.henge.testkit.workload;

import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.testkit.history.PatchedDocument;
import io.henge.testkit.history.PatchedDocument.Mark;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Books on two hot documents of one family that many processes patch at once: what they must hold
 * to the last digit, however many patches there were. A process does one thing at a time, counts
 * its own in the documents, and ends when it is not told an outcome: so what became of that last
 * one can be read, and nothing else is in doubt. Thread-safe.
 */
final class Tally {
  static final String LEFT = "left";
  static final String RIGHT = "right";
  static final int MARKS_MAX = 20;

  /** What a patch adds to one document. */
  record Entry(long sequence, BigDecimal amount, @Nullable Mark mark) {}

  /** What one process has done to one document. */
  private static final class Account {
    private final List<Entry> booked = new ArrayList<>();
    private @Nullable Entry doubtful;
  }

  /** By process and document. */
  private final Map<String, Map<String, Account>> accounts = new TreeMap<>();

  /** Before a process asks for something that will be in these documents. */
  synchronized void ask(String process, List<String> documents, Entry entry) {
    for (String document : documents) {
      account(process, document).doubtful = entry;
    }
  }

  /** It has taken effect. */
  synchronized void done(String process, List<String> documents) {
    for (String document : documents) {
      Account account = account(process, document);
      Entry entry = account.doubtful;
      if (entry == null) {
        throw new IllegalStateException(process + " has not asked");
      }
      account.booked.add(entry);
      account.doubtful = null;
    }
  }

  /** It has had no effect, and never will. */
  synchronized void notDone(String process, List<String> documents) {
    documents.forEach(document -> account(process, document).doubtful = null);
  }

  private Account account(String process, String document) {
    return accounts
        .computeIfAbsent(process, name -> new TreeMap<>())
        .computeIfAbsent(document, name -> new Account());
  }

  /** What is true at any moment, of two documents of one view. */
  static @Nullable String differenceWithin(@Nullable JsonObject left, @Nullable JsonObject right) {
    BigDecimal pairsLeft = number(left, "pairs");
    BigDecimal pairsRight = number(right, "pairs");
    if (pairsLeft.compareTo(pairsRight) != 0) {
      return "pairs are " + pairsLeft + " on the left and " + pairsRight + " on the right";
    }
    for (JsonObject document : new JsonObject[] {left, right}) {
      BigDecimal parts = BigDecimal.ZERO;
      for (JsonValue part : object(document, "by").values()) {
        parts = parts.add(((JsonNumber) part).decimal());
      }
      if (parts.compareTo(number(document, "total")) != 0) {
        return "a total is " + number(document, "total") + ", its parts are " + parts;
      }
    }
    return null;
  }

  /** What is wrong with a document after everybody has ended; empty if nothing is. */
  synchronized List<String> differences(String document, @Nullable JsonObject found) {
    List<String> wrong = new ArrayList<>();
    BigDecimal total = BigDecimal.ZERO;
    List<Mark> marks = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>();
    for (Map.Entry<String, Map<String, Account>> process : accounts.entrySet()) {
      Account account = process.getValue().get(document);
      if (account == null) {
        continue;
      }
      List<Entry> entries = new ArrayList<>(account.booked);
      long last = longOf(object(found, "last").get(process.getKey()));
      Entry doubtful = account.doubtful;
      if (doubtful != null && doubtful.sequence == last) {
        entries.add(doubtful);
      }
      long expected = entries.isEmpty() ? 0 : entries.get(entries.size() - 1).sequence;
      check(wrong, document + ": last of " + process.getKey(), expected, last);
      BigDecimal sum =
          entries.stream().map(Entry::amount).reduce(PatchedDocument.cents(0), BigDecimal::add);
      JsonValue by = object(found, "by").get(process.getKey());
      BigDecimal foundSum =
          by == null ? PatchedDocument.cents(0) : ((JsonNumber) by).decimal().setScale(2);
      check(wrong, document + ": sum of " + process.getKey(), sum, foundSum);
      total = total.add(sum);
      entries.stream().filter(entry -> entry.mark != null).map(Entry::mark).forEach(marks::add);
      if (!entries.isEmpty()) {
        names.add(process.getKey());
      }
    }
    check(wrong, document + ": total", total.setScale(2), number(found, "total").setScale(2));
    check(
        wrong,
        document + ": marks",
        PatchedDocument.latest(marks, MARKS_MAX),
        marks(array(found, "marks")));
    check(wrong, document + ": names", new ArrayList<>(names), names(array(found, "names")));
    return wrong;
  }

  private static void check(List<String> wrong, String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      wrong.add(what + ": expected " + expected + ", found " + found);
    }
  }

  /** Patches whose outcome nobody was told. */
  synchronized int doubtful() {
    return (int)
        accounts.values().stream()
            .filter(documents -> documents.values().stream().anyMatch(a -> a.doubtful != null))
            .count();
  }

  static List<Mark> marks(JsonArray array) {
    List<Mark> marks = new ArrayList<>();
    for (JsonValue element : array) {
      JsonObject mark = (JsonObject) element;
      marks.add(new Mark(longOf(mark.get("at")), ((JsonText) member(mark, "id")).value()));
    }
    return marks;
  }

  /** In the order of names: who came first is not known to the books. */
  private static List<String> names(JsonArray array) {
    List<String> names = new ArrayList<>();
    array.forEach(element -> names.add(((JsonText) element).value()));
    names.sort(null);
    return names;
  }

  private static long longOf(@Nullable JsonValue value) {
    return value == null ? 0 : ((JsonNumber) value).longValue();
  }

  private static BigDecimal number(@Nullable JsonObject document, String name) {
    JsonValue value = document == null ? null : document.get(name);
    return value == null ? BigDecimal.ZERO : ((JsonNumber) value).decimal();
  }

  private static JsonObject object(@Nullable JsonObject document, String name) {
    JsonValue value = document == null ? null : document.get(name);
    return value == null ? JsonObject.EMPTY : (JsonObject) value;
  }

  static JsonArray array(@Nullable JsonObject document, String name) {
    JsonValue value = document == null ? null : document.get(name);
    return value == null ? JsonArray.EMPTY : (JsonArray) value;
  }

  private static JsonValue member(JsonObject object, String name) {
    JsonValue value = object.get(name);
    if (value == null) {
      throw new AssertionError("no member " + name + " in " + object);
    }
    return value;
  }
}
