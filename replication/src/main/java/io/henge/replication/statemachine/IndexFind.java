package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentReader;
import io.henge.document.find.SortOrder;
import io.henge.document.index.IndexKeys;
import io.henge.document.value.JsonValue;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a find, by an index where that is cheaper: within a sharding key here, in a part of the
 * ring by {@link RingIndexFind}. What is found does not depend on the plan, nor does the place
 * where a page ends: the next one may be read by another. Of one attempt, on a reader thread.
 */
public final class IndexFind {
  /** Documents that an ordered page looks at. */
  private static final int LOOKED_AT_MAX = 10_000;

  /** Rows with the same values that are put into the order of their keys. */
  private static final int GROUP_MAX = 100_000;

  private static final int FETCHED_AT_ONCE = 64;

  private final ReadView view;
  private final Lookup lookup;
  private final int bytesMax;
  private final RowSieve sieve;
  private final CandidatePage page;
  private final List<StoredItem> items = new ArrayList<>();
  private byte @Nullable [] last;
  private long bytes;
  private int lookedAt;

  private IndexFind(ReadView view, Lookup lookup, int itemsMax, int bytesMax, RowSieve sieve) {
    this.view = view;
    this.lookup = lookup;
    this.bytesMax = bytesMax;
    this.sieve = sieve;
    this.page = new CandidatePage(view, itemsMax, bytesMax, sieve);
  }

  /**
   * A page, as {@link ItemReader#range} gives it; of an ordered plan in the order that is asked
   * for, up to one document beyond the limit.
   *
   * @param view a snapshot
   * @param known what the shard knows; indexes never change, and which of them are ready is what
   *     the view itself says
   * @param from inclusive, within the family
   * @param to exclusive
   */
  public static ItemPage read(
      ReadView view,
      ShardDescription shard,
      ShardState known,
      Lookup lookup,
      byte[] from,
      byte[] to,
      int itemsMax,
      int bytesMax,
      RowSieve sieve) {
    Catalogue.Collection collection = known.catalogue().find(lookup.collectionId());
    Derived derived = collection == null ? null : collection.derived();
    List<Indexed> indexes = List.of();
    if (derived != null && !derived.indexes().isEmpty()) {
      DerivedStates states = SystemRows.derived(view);
      indexes = derived.indexes().stream().filter(index -> states.isReady(index.id())).toList();
    }
    if (lookup.isOfTheRing()) {
      return RingIndexFind.read(view, shard, indexes, lookup, from, to, itemsMax, bytesMax, sieve);
    }
    if (indexes.isEmpty()) {
      sieve.planned(FindPlan.scan("no index is ready"));
      return ItemReader.range(view, shard, from, to, false, itemsMax, bytesMax, sieve);
    }
    FindPlanner.Choice choice = new FindPlanner(view, lookup, indexes).choose();
    sieve.planned(choice.plan());
    IndexRange range = choice.range();
    if (range == null) {
      return ItemReader.range(view, shard, from, to, false, itemsMax, bytesMax, sieve);
    }
    IndexFind find = new IndexFind(view, lookup, itemsMax, bytesMax, sieve);
    return choice.plan().isOrdered()
        ? find.ordered(choice.plan(), range, choice.reverse())
        : find.candidates(choice.plan(), range, from, to);
  }

  // ---- Candidates, in the order of keys ----

  private ItemPage candidates(FindPlan plan, IndexRange range, byte[] from, byte[] to) {
    TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
    int valuesAt = range.index().prefix(lookup.family()).length;
    int rows = 0;
    for (IndexRange.Span span : range.spans()) {
      try (RowCursor cursor = view.scan(KeySpace.INDEX, span.from(), span.to(), false)) {
        while (cursor.next()) {
          rows++;
          byte[] key = range.index().documentKey(cursor.key(), valuesAt, lookup.collectionId());
          if (Arrays.compareUnsigned(key, from) >= 0
              && (to.length == 0 || Arrays.compareUnsigned(key, to) < 0)) {
            keys.add(key);
          }
        }
      }
    }
    plan.sawIndexRows(rows);
    for (byte[] key : keys) {
      if (!page.take(key)) {
        return page.cut();
      }
    }
    return page.flush() ? page.end() : page.cut();
  }

  // ---- In the order of an index ----

  private ItemPage ordered(FindPlan plan, IndexRange range, boolean reverse) {
    SortOrder order = Objects.requireNonNull(lookup.sort(), "planned by it");
    IndexKeys keys = range.index().keys();
    int valuesAt = range.index().prefix(lookup.family()).length;
    int fields = range.equal() + order.fields().size();
    // Then rows of the same values come in the order of keys by themselves.
    boolean inKeyOrder = !reverse && fields == keys.fields().size();
    byte[] begin = begin(range, order, reverse);
    List<IndexRange.Span> spans = new ArrayList<>(range.spans());
    if (reverse) {
      Collections.reverse(spans);
    }
    List<byte[]> group = new ArrayList<>();
    byte[] groupOf = null;
    boolean cut = false;
    boolean more = false;
    for (IndexRange.Span span : spans) {
      if (more) {
        break;
      }
      byte[] from = span.from();
      byte[] to = span.to();
      if (begin != null && !reverse && Arrays.compareUnsigned(begin, from) > 0) {
        from = begin;
      }
      if (begin != null && reverse) {
        byte[] end = PhysicalKey.endOfPrefix(begin);
        to = to.length == 0 || Arrays.compareUnsigned(end, to) < 0 ? end : to;
      }
      if (Arrays.compareUnsigned(from, to) >= 0) {
        continue;
      }
      try (RowCursor cursor = view.scan(KeySpace.INDEX, from, to, reverse)) {
        while (!more && cursor.next()) {
          plan.sawIndexRows(1);
          byte[] row = cursor.key();
          int telling = keys.telling(row, valuesAt, range.equal(), fields);
          int end = keys.end(row, valuesAt, Math.abs(telling));
          boolean same =
              groupOf != null
                  && end == groupOf.length
                  && Arrays.equals(row, 0, end, groupOf, 0, end);
          if (!same || (inKeyOrder && !cut && group.size() >= FETCHED_AT_ONCE)) {
            more = !takeGroup(plan, group, cut, order);
            group.clear();
            if (!same) {
              groupOf = Arrays.copyOf(row, end);
              cut = telling < 0;
            }
          }
          if (group.size() == (cut ? LOOKED_AT_MAX : GROUP_MAX)) {
            throw HengeException.invalid(
                "sort: more than "
                    + group.size()
                    + " documents have the same values as far as an index goes; narrow the filter");
          }
          group.add(range.index().documentKey(row, valuesAt, lookup.collectionId()));
        }
      }
    }
    more = more || !takeGroup(plan, group, cut, order);
    if (!more || items.size() > lookup.limit()) {
      plan.endsAt(null);
    }
    return new ItemPage(items, false, last);
  }

  /** What the rows begin with among which the last page ended. */
  private byte @Nullable [] begin(IndexRange range, SortOrder order, boolean reverse) {
    Lookup.Place after = lookup.after();
    if (after == null) {
      return null;
    }
    byte[] begin = range.prefix();
    for (int i = 0; i < order.fields().size(); i++) {
      boolean descending = order.fields().get(i).descending() ^ reverse;
      byte[] value = IndexKeys.encode(after.values().get(i), descending);
      begin = IndexRange.join(begin, value);
      if (IndexKeys.isCut(value, descending)) {
        // What follows in the row is not in order beyond it.
        return begin;
      }
    }
    return begin;
  }

  /**
   * Takes documents with the same values, as far as the index goes.
   *
   * @return false if the page is over
   */
  private boolean takeGroup(FindPlan plan, List<byte[]> group, boolean cut, SortOrder order) {
    group.sort(Arrays::compareUnsigned);
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < group.size(); i += FETCHED_AT_ONCE) {
      List<byte[]> some = group.subList(i, Math.min(group.size(), i + FETCHED_AT_ONCE));
      List<byte @Nullable []> rows = view.multiGet(KeySpace.DATA, some);
      for (int k = 0; k < rows.size(); k++) {
        byte[] row = rows.get(k);
        if (row == null) {
          continue;
        }
        StoredItem item = ItemCodec.decode(some.get(k), row);
        Found one = new Found(item, values(item, order));
        if (cut) {
          found.add(one);
        } else if (!take(plan, one, order)) {
          return false;
        }
      }
    }
    found.sort(
        (a, b) -> {
          int byValues = order.compare(a.values(), b.values());
          return byValues != 0 ? byValues : Arrays.compareUnsigned(a.item().key(), b.item().key());
        });
    for (Found one : found) {
      if (!take(plan, one, order)) {
        return false;
      }
    }
    return true;
  }

  private record Found(StoredItem item, List<@Nullable JsonValue> values) {}

  private static List<@Nullable JsonValue> values(StoredItem item, SortOrder order) {
    return item.value() instanceof Value.Document document
        ? order.values(new DocumentReader(document.bytes()), new Steps(ApplyLimits.STEPS_MAX))
        : List.of();
  }

  private boolean take(FindPlan plan, Found one, SortOrder order) {
    Lookup.Place after = lookup.after();
    byte[] key = one.item().key();
    if (after != null) {
      int byValues = order.compare(one.values(), after.values());
      if (byValues < 0 || (byValues == 0 && Arrays.compareUnsigned(key, after.key()) <= 0)) {
        return true;
      }
    }
    if (items.size() > lookup.limit()) {
      return false;
    }
    if (lookedAt >= LOOKED_AT_MAX || sieve.isTired() || bytes > bytesMax) {
      return false;
    }
    lookedAt++;
    boolean kept = sieve.keeps(one.item());
    if (kept) {
      bytes += key.length + one.item().value().size();
      items.add(one.item());
    }
    last = key;
    plan.endsAt(new Lookup.Place(one.values(), key));
    return true;
  }
}
