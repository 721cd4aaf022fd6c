package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a find over a part of the ring. Scan and index both go through it in the order of keys
 * until the page is full, so the one that is cheaper on a first stretch of it is taken: the index
 * is read for some families, then rows of DATA are counted over the same stretch until they would
 * cost as much. Each page chooses anew. Of one attempt, on a reader thread.
 */
final class RingIndexFind {
  /** Moves of the index's cursor in the stretch that the choice rests on, and in a page. */
  private static final int SAMPLED_MAX = 512;

  private static final int SAMPLED_MIN = 64;
  private static final int MOVES_MAX = 20_000;

  /** A move of the cursor is as often a search as a step. */
  private static final int MOVED = 2;

  /** So many bytes of documents cost as much as an index row. */
  private static final int BYTES_OF_ONE = 4 << 10;

  private final ReadView view;
  private final Lookup lookup;
  private final RingCandidates walk;
  private final CandidatePage page;

  /** Families of the first stretch, until they are read. */
  private final Deque<RingCandidates.Family> ahead = new ArrayDeque<>();

  private RingIndexFind(ReadView view, Lookup lookup, RingCandidates walk, CandidatePage page) {
    this.view = view;
    this.lookup = lookup;
    this.walk = walk;
    this.page = page;
  }

  /** As {@link IndexFind#read}, of many families. */
  static ItemPage read(
      ReadView view,
      ShardDescription shard,
      List<Indexed> indexes,
      Lookup lookup,
      byte[] from,
      byte[] to,
      int itemsMax,
      int bytesMax,
      RowSieve sieve) {
    byte[] first = shard.later(from);
    byte[] end = shard.earlierEnd(to);
    IndexRange range =
        indexes.isEmpty() ? null : new FindPlanner(view, lookup, indexes).narrowest();
    if (range == null || ShardDescription.isEmpty(first, end)) {
      sieve.planned(
          FindPlan.ringScan(
              range != null
                  ? "nothing is left of it"
                  : indexes.isEmpty() ? "no index is ready" : "no index fits"));
      return ItemReader.range(view, shard, from, to, false, itemsMax, bytesMax, sieve);
    }
    try (RingCandidates walk = new RingCandidates(view, range, lookup.collectionId(), first, end)) {
      RingIndexFind find =
          new RingIndexFind(view, lookup, walk, new CandidatePage(view, itemsMax, bytesMax, sieve));
      byte[] crowded = find.lookAhead(first, end);
      FindPlan plan =
          crowded == null
              ? FindPlan.ringCandidates(range.index(), range.text())
              : FindPlan.ringScan("an index would cost more");
      sieve.planned(plan);
      ItemPage found =
          crowded == null
              ? find.candidates()
              : scan(view, shard, first, end, crowded, itemsMax, bytesMax, sieve);
      plan.sawIndexRows(walk.moves());
      return found;
    }
  }

  /**
   * Reads the index of the first stretch.
   *
   * @return where a scan is to end that is cheaper; null if none is
   */
  private byte @Nullable [] lookAhead(byte[] first, byte[] end) {
    long wanted = Math.max(SAMPLED_MIN, Math.min(SAMPLED_MAX, 4L * lookup.limit()));
    long cost = 0;
    byte[] reached = end;
    while (walk.moves() < wanted) {
      RingCandidates.Family family = walk.next();
      if (family == null) {
        reached = end;
        break;
      }
      if (family.keys() == null) {
        if (ahead.isEmpty()) {
          return family.end();
        }
        ahead.add(family);
        break;
      }
      ahead.add(family);
      cost += FindPlanner.FETCHED * (long) family.keys().size();
      reached = family.end();
    }
    cost += MOVED * (long) walk.moves();
    return isCheaper(first, reached, cost) ? end : null;
  }

  /** Whether reading all rows up to a key costs less than {@code cost}. */
  private boolean isCheaper(byte[] from, byte[] to, long cost) {
    long rows = 0;
    long bytes = 0;
    try (RowCursor cursor = view.scan(KeySpace.DATA, from, to, false)) {
      while (FindPlanner.SCANNED * rows + bytes / BYTES_OF_ONE < cost) {
        if (!cursor.next()) {
          return true;
        }
        rows++;
        bytes += cursor.value().length;
      }
    }
    return false;
  }

  /**
   * @param to where the scan ends and another choice is made; {@code end} if there is none
   */
  private static ItemPage scan(
      ReadView view,
      ShardDescription shard,
      byte[] first,
      byte[] end,
      byte[] to,
      int itemsMax,
      int bytesMax,
      RowSieve sieve) {
    boolean all = Arrays.equals(to, end) || ShardDescription.isEmpty(to, end);
    ItemPage found =
        ItemReader.range(view, shard, first, all ? end : to, false, itemsMax, bytesMax, sieve);
    // Nothing lies at the end of a family.
    return all || found.more() ? found : new ItemPage(found.items(), true, to);
  }

  private ItemPage candidates() {
    byte[] done = null;
    while (true) {
      RingCandidates.Family family = ahead.poll();
      boolean enough = family == null && walk.moves() >= MOVES_MAX;
      if (family == null && !enough) {
        family = walk.next();
        if (family == null) {
          return page.flush() ? page.end() : page.cut();
        }
      }
      List<byte[]> keys = family == null ? null : family.keys();
      if (keys == null && done != null) {
        // Of a family with too many candidates the next page makes what it can.
        return page.flush() ? page.cutBehind(done) : page.cut();
      }
      for (byte[] key : keys == null ? List.<byte[]>of() : keys) {
        if (!page.take(key)) {
          return page.cut();
        }
      }
      done = family == null ? done : family.end();
    }
  }
}
