package io.henge.replication.statemachine;

import io.henge.engine.ReadView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a shard as a leader's verification does, page by page and entry by entry; between
 * any two of them a test may do whatever it likes.
 */
final class FamilyWalk {
  private static final byte[] NONE = {};

  private final Verifier.Size whole;
  private final int pageDocuments;
  private final TotalsScan.Limits limits;
  private final int partDocuments;
  private final boolean repairs;
  private final Runnable between;

  final List<Difference> differences = new ArrayList<>();
  long documents;
  long rows;
  int pages;
  int slices;

  /** Whether a pass holds a snapshot: stores must not be closed meanwhile. */
  boolean inPass;

  int recounts;
  int parts;

  /**
   * @param whole larger families are gone through in parts
   * @param pageDocuments of a page, about
   * @param limits of a pass
   * @param partDocuments of a part of a recount
   * @param between done between pages, slices and entries
   */
  FamilyWalk(
      Verifier.Size whole,
      int pageDocuments,
      TotalsScan.Limits limits,
      int partDocuments,
      boolean repairs,
      Runnable between) {
    this.whole = whole;
    this.pageDocuments = pageDocuments;
    this.limits = limits;
    this.partDocuments = partDocuments;
    this.repairs = repairs;
    this.between = between;
  }

  /** Everything is large, pages and parts are as small as can be. */
  static FamilyWalk tiny(boolean repairs, Runnable between) {
    return new FamilyWalk(
        new Verifier.Size(0, 0), 2, new TotalsScan.Limits(2, 1 << 20, 2), 2, repairs, between);
  }

  /** Where a page can be asked for. */
  interface Shards {
    /** The one that has a key. */
    TestShard of(byte[] key);

    long time();
  }

  /** Goes through all of one shard. */
  void run(TestShard shard, long time) {
    run(
        new Shards() {
          @Override
          public TestShard of(byte[] key) {
            return shard;
          }

          @Override
          public long time() {
            return time;
          }
        });
  }

  /** Goes through the ring. */
  void run(Shards shards) {
    byte[] from = NONE;
    while (from != null) {
      if (++pages > 1_000_000) {
        throw new AssertionError("the walk does not end");
      }
      from = page(shards, from);
      between.run();
    }
  }

  private byte @Nullable [] page(Shards shards, byte[] from) {
    TestShard shard = shards.of(from);
    VerifyPage page;
    try (ReadView view = shard.slot().snapshot()) {
      page = Verifier.page(view, from, 0, pageDocuments, 1 << 20, whole);
    }
    documents += page.documents();
    rows += page.rows();
    differences.addAll(page.differences());
    if (repairs && !page.damaged().isEmpty()) {
      between.run();
      apply(shards, page.damaged().get(0), new RepairOf(page.damaged()));
    }
    if (repairs) {
      mend(shards, page.parts());
    }
    return page.pass() == null ? page.next() : pass(shards, page.pass());
  }

  private record RepairOf(List<byte[]> families) {}

  private int apply(Shards shards, byte[] key, Object what) {
    TestShard shard = shards.of(key);
    long time = shards.time();
    Entry entry;
    if (what instanceof RepairOf families) {
      entry = new Entry.Repair(shard.header(EntryKind.REPAIR, time), families.families());
    } else if (what instanceof Entry.Recount recount) {
      entry =
          new Entry.Recount(
              shard.header(EntryKind.RECOUNT, time),
              recount.family(),
              recount.sourceId(),
              recount.targets(),
              recount.from(),
              recount.to());
    } else {
      entry =
          new Entry.RepairParts(
              shard.header(EntryKind.REPAIR_PARTS, time), List.of((RepairPart) what));
    }
    return (Integer) Objects.requireNonNull(shard.applyNew(entry, false));
  }

  /** Each by itself: shards may be cut between two of them. */
  private void mend(Shards shards, List<RepairPart> damaged) {
    for (RepairPart part : damaged) {
      between.run();
      parts += apply(shards, part.key(), part);
    }
  }

  private byte @Nullable [] pass(Shards shards, FamilyPlace place) {
    TotalsScan.Result result;
    inPass = true;
    try (TotalsScan scan =
        Verifier.totals(shards.of(place.family()).slot().snapshot(), place, 0, limits)) {
      while (scan.step()) {
        slices++;
        between.run();
      }
      result = scan.result();
    }
    inPass = false;
    differences.addAll(result.page().differences());
    if (repairs) {
      result.damaged().forEach((source, targets) -> recount(shards, place, source, targets));
    }
    return result.page().next();
  }

  private void recount(Shards shards, FamilyPlace place, int source, List<RecountTarget> targets) {
    byte[] from = NONE;
    while (true) {
      byte[] to;
      try (ReadView view = shards.of(place.family()).slot().snapshot()) {
        to = Verifier.recountedTo(view, place.family(), source, from, partDocuments);
      }
      between.run();
      recounts++;
      Entry.Recount recount =
          new Entry.Recount(
              new EntryHeader(EntryKind.RECOUNT, 0, 0, 0, 0),
              place.family(),
              source,
              targets,
              from,
              to);
      if (apply(shards, place.family(), recount) == 0 || to.length == 0) {
        return;
      }
      from = to;
    }
  }

  /** By kind, for messages. */
  Map<Difference.Kind, Long> counts() {
    return differences.stream()
        .collect(
            java.util.stream.Collectors.groupingBy(
                Difference::kind, java.util.stream.Collectors.counting()));
  }
}
