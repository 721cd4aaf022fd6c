package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.filter.Filter;
import io.henge.document.find.SortOrder;
import io.henge.document.index.IndexKeys;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses how a find is read. The costs, in rows of a scan: a row of a scan 2 (it is decoded), a
 * row of an index 1, a document that an index leads to 5. Index rows are counted, up to 10,000, so
 * that nothing rests on statistics that may be wrong:
 *
 * <ul>
 *   <li><em>candidates</em>: the index on which most fields are equal to something, then one with a
 *       range; all its rows that the conditions leave are read, and as many documents as are
 *       wanted, all of them if they have to be sorted;
 *   <li><em>ordered</em>: an index whose fields go on, behind those that are equal to something,
 *       with the order that is asked for, read in either direction. How many rows it takes to find
 *       enough is estimated from the candidates of another index, or as ten for each if a condition
 *       has no index;
 *   <li><em>scan</em>: as many documents as it takes to find enough, all of them if they have to be
 *       sorted.
 * </ul>
 */
final class FindPlanner {
  /** More candidates are not collected. */
  static final int CANDIDATES_MAX = 10_000;

  static final int SCANNED = 2;
  static final int FETCHED = 5;
  private static final int UNKNOWN_RATIO = 10;
  private static final double NEVER = Double.MAX_VALUE;

  private final ReadView view;
  private final Lookup lookup;
  private final List<Indexed> indexes;
  private final List<Filter> conjuncts;
  private int counted;

  /** An index and the part of it that a plan reads; null = a scan. */
  record Choice(FindPlan plan, @Nullable IndexRange range, boolean reverse) {}

  FindPlanner(ReadView view, Lookup lookup, List<Indexed> indexes) {
    this.view = view;
    this.lookup = lookup;
    this.indexes = indexes;
    this.conjuncts = IndexRange.conjuncts(lookup.filter());
  }

  Choice choose() {
    IndexRange narrow = narrowest();
    int candidates = narrow == null ? Integer.MAX_VALUE : count(narrow);
    int family = familySize();
    double byScan = scanCost(family, candidates);
    double byCandidates =
        candidates > CANDIDATES_MAX
            ? NEVER
            : candidates
                + FETCHED
                    * (double)
                        (lookup.sort() == null ? Math.min(lookup.limit(), candidates) : candidates);
    Choice ordered = ordered();
    IndexRange orderedRange = ordered == null ? null : ordered.range();
    double byOrder = orderedRange == null ? NEVER : orderedCost(orderedRange, candidates);
    Choice choice;
    if (ordered != null && byOrder <= Math.min(byScan, byCandidates)) {
      choice = ordered;
    } else if (narrow != null && byCandidates <= byScan) {
      choice = new Choice(FindPlan.candidates(narrow.index(), narrow.text()), narrow, false);
    } else {
      choice =
          new Choice(
              FindPlan.scan(
                  narrow == null && ordered == null ? "no index fits" : "an index would cost more"),
              null,
              false);
    }
    choice.plan().sawIndexRows(counted);
    return choice;
  }

  private double scanCost(int family, int candidates) {
    // Where counting has ended there may be any number.
    double all = SCANNED * (family > CANDIDATES_MAX ? 100.0 * CANDIDATES_MAX : family);
    if (lookup.sort() != null || conjuncts.isEmpty()) {
      return lookup.sort() != null ? all : SCANNED * (double) Math.min(family, lookup.limit());
    }
    double ratio =
        candidates == Integer.MAX_VALUE ? UNKNOWN_RATIO : (double) family / Math.max(1, candidates);
    return Math.min(all, SCANNED * ratio * lookup.limit());
  }

  private double orderedCost(IndexRange range, int candidates) {
    int rows = count(range);
    double ratio =
        candidates != Integer.MAX_VALUE
            ? Math.max(1, (double) rows / Math.max(1, candidates))
            : conjuncts.isEmpty() ? 1 : UNKNOWN_RATIO;
    return FETCHED * Math.min(rows, ratio * (lookup.limit() + 1.0));
  }

  /** What leaves least, by the conditions alone; null if no index fits. */
  @Nullable IndexRange narrowest() {
    IndexRange best = null;
    for (Indexed index : indexes) {
      IndexRange range = IndexRange.of(index, lookup.family(), conjuncts);
      if (range.narrows() && (best == null || rank(range) > rank(best))) {
        best = range;
      }
    }
    return best;
  }

  private static int rank(IndexRange range) {
    return 2 * range.equal() + (range.isRanged() ? 1 : 0);
  }

  private @Nullable Choice ordered() {
    SortOrder sort = lookup.sort();
    if (sort == null) {
      return null;
    }
    for (Indexed index : indexes) {
      IndexRange range = IndexRange.of(index, lookup.family(), conjuncts);
      for (boolean reverse : new boolean[] {false, true}) {
        if (goesOnWith(index.keys().fields(), range.equal(), sort, reverse)) {
          return new Choice(FindPlan.ordered(index, range.text()), range, reverse);
        }
      }
    }
    return null;
  }

  /** Whether the fields behind the equal ones are the order, and give one row a document. */
  private static boolean goesOnWith(
      List<IndexKeys.Field> fields, int equal, SortOrder sort, boolean reverse) {
    List<SortOrder.Field> wanted = sort.fields();
    if (fields.size() < equal + wanted.size()) {
      return false;
    }
    for (int i = equal; i < fields.size(); i++) {
      if (fields.get(i).hasElements()) {
        return false;
      }
    }
    for (int i = 0; i < wanted.size(); i++) {
      IndexKeys.Field field = fields.get(equal + i);
      if (!field.path().equals(wanted.get(i).path())
          || field.descending() != (wanted.get(i).descending() ^ reverse)) {
        return false;
      }
    }
    return true;
  }

  /** Rows of an index with one row a document; MAX if there is none, since nobody has counted. */
  private int familySize() {
    for (Indexed index : indexes) {
      if (!index.keys().hasElements()) {
        byte[] prefix = index.prefix(lookup.family());
        return count(prefix, PhysicalKey.endOfPrefix(prefix), 0);
      }
    }
    return CANDIDATES_MAX;
  }

  private int count(IndexRange range) {
    int rows = 0;
    for (IndexRange.Span span : range.spans()) {
      rows += count(span.from(), span.to(), rows);
    }
    return rows;
  }

  private int count(byte[] from, byte[] to, int before) {
    int rows = 0;
    try (RowCursor cursor = view.scan(KeySpace.INDEX, from, to, false)) {
      while (before + rows <= CANDIDATES_MAX && cursor.next()) {
        rows++;
      }
    }
    counted += rows;
    return rows;
  }
}
