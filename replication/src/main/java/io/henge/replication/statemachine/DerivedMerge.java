package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether two shards have the same indexes and rules, so that their rows are those of one. */
final class DerivedMerge {
  private DerivedMerge() {}

  /**
   * Why a shard cannot take part in a merge yet; null = it can. Two become one with what is READY
   * in both: half-built indexes and totals could not be joined.
   */
  static @Nullable ReshapeOutcome ifFilling(ShardState shard) {
    DerivedState filling = shard.derived().filling();
    return filling == null
        ? null
        : ReshapeOutcome.refused(
            ErrorCode.BUSY,
            (filling.kind() == DerivedState.Kind.INDEX ? "index " : "rule ")
                + Integer.toUnsignedString(filling.id())
                + (filling.phase() == DerivedState.Phase.BUILDING
                    ? " is being built here"
                    : " is being dropped here")
                + ": not before that is done");
  }

  /**
   * Why two shards cannot become one; null = they can.
   *
   * @param before the absorbing shard
   */
  static @Nullable String difference(ShardState before, ReshapeCommand.AbsorbCommit commit) {
    // With the neighbour's collections: of those that were not known here, the neighbour's rows are
    // all that there are.
    Catalogue known = before.catalogue();
    DerivedStates states =
        before.derived().follow(known, SystemRows.installed(known, commit.catalogue()), true);
    List<Integer> here = new ArrayList<>();
    for (Integer id : states.ready()) {
      DerivedState state = states.find(id);
      if (commit.ready().contains(id)
          || (state != null && concerns(state, known, commit.catalogue()))) {
        here.add(id);
      }
    }
    if (here.equals(commit.ready())) {
      return null;
    }
    return "indexes and rules that are ready: "
        + text(here)
        + " here, "
        + text(commit.ready())
        + " in the neighbour; the merge has to be taken back, and begun again when they are the same";
  }

  /** Whether a shard with these collections can have documents that something is derived from. */
  private static boolean concerns(
      DerivedState state, Catalogue known, List<CollectionInfo> collections) {
    if (knows(collections, state.collectionId())) {
      return true;
    }
    Catalogue.Collection holders = known.find(state.collectionId());
    CollectionInfo.Documents documents = holders == null ? null : holders.info().documents();
    return documents == null
        || documents.rules().stream()
            .anyMatch(rule -> rule.id() == state.id() && knows(collections, rule.sourceId()));
  }

  private static boolean knows(List<CollectionInfo> collections, int id) {
    return collections.stream().anyMatch(collection -> collection.id() == id);
  }

  private static String text(List<Integer> ids) {
    return ids.isEmpty()
        ? "none"
        : String.join(", ", ids.stream().map(Integer::toUnsignedString).toList());
  }
}
