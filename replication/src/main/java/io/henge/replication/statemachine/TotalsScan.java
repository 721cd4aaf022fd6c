package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentReader;
import io.henge.document.path.PathReader;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares totals of a large family with its documents: adds up all sources in one snapshot, in
 * slices, for the first holders behind the position, and then goes over their rows. Memory is
 * bounded by the number of holders, and a slice by documents and bytes.
 *
 * <p>To be closed, which gives the snapshot back. Of one thread at a time.
 */
public final class TotalsScan implements AutoCloseable {
  private static final byte[] NONE = {};

  /**
   * How much is done at once.
   *
   * @param documents of a slice
   * @param bytes of a slice
   * @param holders that are added up in one pass
   */
  record Limits(int documents, long bytes, int holders) {
    static final Limits DEFAULT = new Limits(2_000, 1 << 20, 10_000);
  }

  /**
   * What it has found.
   *
   * @param damaged totals to be counted anew, by the collection of their sources
   */
  public record Result(VerifyPage page, Map<Integer, List<RecountTarget>> damaged) {}

  private final ReadView view;
  private final VerifyScope scope;
  private final FamilyPlace place;
  private final Limits limits;
  private final Findings findings;
  private final List<FamilyRule> rules;
  private final TreeMap<Integer, List<RecountTarget>> damaged =
      new TreeMap<>(Integer::compareUnsigned);

  /** By the row's key: what it should say. Complete below {@link #bound}. */
  private final TreeMap<byte[], FamilyTotal> right = new TreeMap<>(Arrays::compareUnsigned);

  /** Rows from here on are for another pass; null = there are none. */
  private byte @Nullable [] bound;

  /** Collections of sources that are still to be gone through. */
  private final List<Integer> sources = new ArrayList<>();

  /** The last source that was added up, in the first of them. */
  private byte[] lastSource = NONE;

  /** The last row that was compared. */
  private byte[] lastRow;

  private boolean over;

  TotalsScan(ReadView view, VerifyScope scope, FamilyPlace place, Limits limits) {
    this.view = view;
    this.scope = scope;
    this.place = place;
    this.limits = limits;
    this.rules = scope.totals(place.rank());
    this.findings = new Findings(scope, Integer.MAX_VALUE, Long.MAX_VALUE);
    this.lastRow = place.position();
    rules.stream().map(FamilyRule::sourceId).distinct().forEach(sources::add);
  }

  /** Does a slice; false if that was all. */
  public boolean step() {
    if (!sources.isEmpty()) {
      addUp();
    } else if (!over) {
      over = compare();
    }
    return !over;
  }

  /** What was found; to be asked for when all slices are done. */
  public Result result() {
    if (!over) {
      throw new IllegalStateException("there are slices left");
    }
    byte[] next = bound;
    boolean more = findings.isFull() || next != null;
    FamilyPlace behind = more ? place.at(lastRow) : LargeFamily.behind(place, scope);
    byte[] cursor = behind == null ? PhysicalKey.endOfPrefix(place.family()) : behind.encode();
    return new Result(findings.page(null, cursor), damaged);
  }

  /** What is said if it takes too long. */
  public Result givenUp() {
    Findings nothing = new Findings(scope, 1, 1);
    nothing.skip();
    FamilyPlace behind = LargeFamily.behind(place, scope);
    byte[] cursor = behind == null ? PhysicalKey.endOfPrefix(place.family()) : behind.encode();
    return new Result(nothing.page(null, cursor), Map.of());
  }

  // ---- Sources ----

  private void addUp() {
    int collection = sources.get(0);
    byte[] prefix = DocumentRows.prefix(place.family(), collection);
    byte[] from = lastSource.length == 0 ? prefix : Filling.next(lastSource);
    int documents = 0;
    long bytes = 0;
    try (RowCursor cursor =
        view.scan(KeySpace.DATA, from, PhysicalKey.endOfPrefix(prefix), false)) {
      while (cursor.next()) {
        lastSource = cursor.key();
        byte[] row = cursor.value();
        if (ItemCodec.value(row) instanceof Value.Document document) {
          add(collection, lastSource, new DocumentReader(document.bytes()));
        }
        documents++;
        bytes += row.length;
        if (documents >= limits.documents() || bytes >= limits.bytes()) {
          return;
        }
      }
    }
    sources.remove(0);
    lastSource = NONE;
  }

  private void add(int collection, byte[] key, PathReader source) {
    for (FamilyRule rule : rules) {
      byte[] holder = rule.sourceId() == collection ? rule.holderOf(key, source) : null;
      byte[] row = holder == null ? null : rule.row(holder);
      if (row == null || isBeyond(row) || Arrays.compareUnsigned(row, place.position()) <= 0) {
        continue;
      }
      right.merge(
          row,
          FamilyTotal.NONE.plus(1, rule.amount(source)),
          (one, more) -> one.plus(more.count(), more.sum()));
      if (right.size() > limits.holders()) {
        bound = right.pollLastEntry().getKey();
      }
    }
  }

  private boolean isBeyond(byte[] row) {
    byte[] end = bound;
    return end != null && Arrays.compareUnsigned(row, end) >= 0;
  }

  // ---- Rows ----

  /** Compares rows with what they should say, both ways; true if that was all. */
  private boolean compare() {
    int rows = 0;
    for (FamilyRule rule : rules) {
      byte[] prefix = DocumentRows.prefix(place.family(), rule.id());
      byte[] end = PhysicalKey.endOfPrefix(prefix);
      byte[] from = Arrays.compareUnsigned(lastRow, prefix) < 0 ? prefix : Filling.next(lastRow);
      if (Arrays.compareUnsigned(from, end) >= 0) {
        continue;
      }
      try (RowCursor cursor = view.scan(KeySpace.INDEX, from, end, false)) {
        while (cursor.next() && !isBeyond(cursor.key())) {
          missing(cursor.key());
          if (findings.isFull()) {
            return true;
          }
          compare(cursor.key(), cursor.value());
          if (findings.isFull()) {
            return true;
          }
          if (++rows >= limits.documents()) {
            return false;
          }
        }
      }
    }
    missing(null);
    return true;
  }

  /** Notes what should have come before a row; before the end if that is null. */
  private void missing(byte @Nullable [] row) {
    while (!right.isEmpty()
        && !findings.isFull()
        && (row == null || Arrays.compareUnsigned(right.firstKey(), row) < 0)) {
      byte[] lacking = right.pollFirstEntry().getKey();
      lastRow = lacking;
      note(Difference.Kind.ROW_MISSING, lacking);
    }
  }

  private void compare(byte[] row, byte[] value) {
    FamilyTotal wanted = right.remove(row);
    lastRow = row;
    if (!says(value, wanted == null ? FamilyTotal.NONE : wanted)) {
      note(wanted == null ? Difference.Kind.ROW_STRAY : Difference.Kind.ROW_WRONG, row);
    }
  }

  private static boolean says(byte[] value, FamilyTotal wanted) {
    try {
      FamilyTotal found = FamilyTotal.decode(value);
      return found.count() == wanted.count() && found.sum().compareTo(wanted.sum()) == 0;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private void note(Difference.Kind kind, byte[] row) {
    FamilyRule rule = scope.catalogue().families().rule(FamilyExpectation.idOf(row));
    byte[] holder = rule == null ? null : rule.holderOf(row);
    findings.note(kind, FamilyExpectation.idOf(row), row);
    if (rule != null && holder != null) {
      damaged
          .computeIfAbsent(rule.sourceId(), id -> new ArrayList<>())
          .add(new RecountTarget(rule.id(), holder));
    }
  }

  @Override
  public void close() {
    view.close();
  }
}
