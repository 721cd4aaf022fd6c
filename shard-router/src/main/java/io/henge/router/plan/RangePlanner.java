package io.henge.router.plan;

import io.henge.router.meta.MetaSettings;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides which shards are cut and which are joined, by what is reported of their bytes and load.
 *
 * <p>Neither is undone by the other: two neighbours merge only if together they have less than a
 * quarter of what is cut and half of the load that is, and nothing changes soon after a change.
 */
public final class RangePlanner {
  /** A cut for load does not help if one sharding key makes more of it than this. */
  static final double HOTTEST_SHARE_MAX = 0.7;

  /** A report made right after a change of the range may speak of the one before. */
  static final int REPORT_SECONDS = 5;

  /** Why a range changes. */
  public enum Why {
    SPLIT_BYTES,
    SPLIT_LOAD,
    MERGE
  }

  /** A range that is to change; a merge is with the right neighbour. */
  public record Change(int shard, Why why) {}

  /**
   * What counts as too large, too busy, small and quiet; in bytes, seconds, and operations per
   * second.
   */
  record Rules(
      long splitBytes,
      double splitOperations,
      double splitCores,
      long splitLoadSeconds,
      long splitCoolDown,
      long mergeBytes,
      double mergeOperations,
      long mergeCoolDown,
      boolean splits,
      boolean merges,
      long shardsMin) {

    static Rules of(MetaSettings settings, int nodes) {
      long splitBytes = settings.number(MetaSettings.SPLIT_BYTES);
      double splitOperations = settings.number(MetaSettings.SPLIT_OPERATIONS);
      double mergeOperations = settings.number(MetaSettings.MERGE_OPERATIONS_MAX);
      return new Rules(
          splitBytes,
          splitOperations,
          settings.number(MetaSettings.SPLIT_CPU) / 100.0,
          settings.number(MetaSettings.SPLIT_LOAD_SECONDS),
          settings.number(MetaSettings.SPLIT_COOL_DOWN),
          Math.min(settings.number(MetaSettings.MERGE_BYTES_MAX) / 2, splitBytes / 4),
          splitOperations > 0 ? Math.min(mergeOperations, splitOperations / 2) : mergeOperations,
          settings.number(MetaSettings.MERGE_COOL_DOWN),
          settings.isOn(MetaSettings.AUTO_SPLIT),
          settings.isOn(MetaSettings.AUTO_MERGE),
          Math.max(settings.number(MetaSettings.MERGE_SHARDS_MIN), 4L * nodes));
    }

    boolean isTooBusy(double operations, double cores) {
      return (splitOperations > 0 && operations > splitOperations)
          || (splitCores > 0 && cores > splitCores);
    }

    /** Quiet also by what its processors do: half of what is cut for. */
    boolean isQuiet(double operations, double cores) {
      return operations <= mergeOperations && (splitCores == 0 || cores <= splitCores / 2);
    }
  }

  private RangePlanner() {}

  /**
   * Whether a shard is too busy by the settings; how long it has been so on end, the caller of the
   * planner remembers.
   *
   * @param operations reads and writes per second
   * @param cores processors that it keeps busy
   */
  public static boolean isBusy(MetaSettings settings, double operations, double cores) {
    return Rules.of(settings, 0).isTooBusy(operations, cores);
  }

  /** What is to change now: the largest and the busiest first, at most so many. */
  static List<Change> plan(Model model, Rules rules, int splitsMax, int mergesMax) {
    List<Change> changes = new ArrayList<>();
    if (rules.splits()) {
      List<Change> splits = new ArrayList<>();
      for (int shard = 0; shard < model.shards(); shard++) {
        if (canChange(model, shard)) {
          if (isTooLarge(model, rules, shard)) {
            splits.add(new Change(shard, Why.SPLIT_BYTES));
          } else if (isCutForLoad(model, rules, shard)) {
            splits.add(new Change(shard, Why.SPLIT_LOAD));
          }
        }
      }
      // Load hurts now, size will hurt later.
      splits.sort(
          (a, b) ->
              a.why() != b.why()
                  ? b.why().compareTo(a.why())
                  : Long.compare(model.bytes(b.shard()), model.bytes(a.shard())));
      changes.addAll(splits.subList(0, Math.min(splits.size(), Math.max(0, splitsMax))));
    }
    if (rules.merges()) {
      addMerges(model, rules, mergesMax, changes);
    }
    return changes;
  }

  private static void addMerges(Model model, Rules rules, int most, List<Change> changes) {
    long left = Math.min(most, model.shards() - rules.shardsMin());
    for (int shard = 0; shard + 1 < model.shards() && left > 0; shard++) {
      if (isMerged(model, rules, shard)) {
        changes.add(new Change(shard, Why.MERGE));
        left--;
        // Its neighbour takes part in it.
        shard++;
      }
    }
  }

  static boolean canChange(Model model, int shard) {
    return !model.has(shard, Model.BUSY)
        && !model.has(shard, Model.RANGE_FIXED)
        && model.leader(shard) >= 0;
  }

  static boolean isTooLarge(Model model, Rules rules, int shard) {
    return model.bytes(shard) > rules.splitBytes() && model.sameSeconds(shard) >= REPORT_SECONDS;
  }

  static boolean isCutForLoad(Model model, Rules rules, int shard) {
    return rules.isTooBusy(model.operations(shard), model.cpu(shard))
        && model.busySeconds(shard) >= rules.splitLoadSeconds()
        && model.sameSeconds(shard) >= rules.splitCoolDown()
        && model.has(shard, Model.HAS_MIDDLE)
        && model.hottest(shard) <= HOTTEST_SHARE_MAX;
  }

  /** Whether a shard and its right neighbour are to become one. */
  static boolean isMerged(Model model, Rules rules, int shard) {
    int right = shard + 1;
    return canChange(model, shard)
        && canChange(model, right)
        && model.bytes(shard) + model.bytes(right) <= rules.mergeBytes()
        && rules.isQuiet(
            model.operations(shard) + model.operations(right), model.cpu(shard) + model.cpu(right))
        && model.sameSeconds(shard) >= rules.mergeCoolDown()
        && model.sameSeconds(right) >= rules.mergeCoolDown();
  }
}
