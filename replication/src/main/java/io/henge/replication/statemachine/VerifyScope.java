package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Which of the indexes and rules of a shard a verification is about. Immutable.
 *
 * @param collectionId only its indexes, and rules whose holder or source it is; 0 = all
 */
record VerifyScope(Catalogue catalogue, DerivedStates states, int collectionId) {
  boolean concerns(int id) {
    if (collectionId == 0) {
      return true;
    }
    FamilyRule rule = catalogue.families().rule(id);
    if (rule != null) {
      return rule.holderId() == collectionId || rule.sourceId() == collectionId;
    }
    DerivedState state = states.find(id);
    return state != null && state.collectionId() == collectionId;
  }

  private boolean isLookedAt(FamilyRule rule) {
    return states.isReady(rule.id()) && concerns(rule.id());
  }

  /** Rules that write into the documents of a collection, of those that are looked at. */
  List<FamilyRule> ofHolder(int holderId) {
    return catalogue.families().ofHolder(holderId).stream().filter(this::isLookedAt).toList();
  }

  /** Collections of a rank into whose documents rules write, in the order of keys. */
  List<Integer> holders(int rank) {
    List<Integer> holders = new ArrayList<>();
    for (CollectionInfo info : catalogue.infos()) {
      if (catalogue.families().rank(info.id()) == rank && !ofHolder(info.id()).isEmpty()) {
        holders.add(info.id());
      }
    }
    holders.sort(Integer::compareUnsigned);
    return holders;
  }

  /** The next rank of holders behind one; -1 if there is none. */
  int rankBehind(int rank) {
    TreeSet<Integer> ranks = new TreeSet<>();
    for (CollectionInfo info : catalogue.infos()) {
      if (!ofHolder(info.id()).isEmpty()) {
        ranks.add(catalogue.families().rank(info.id()));
      }
    }
    Integer next = ranks.higher(rank);
    return next == null ? -1 : next;
  }

  /** COUNT and SUM rules of holders of a rank, in the order of their rows. */
  List<FamilyRule> totals(int rank) {
    List<FamilyRule> totals = new ArrayList<>();
    for (int holder : holders(rank)) {
      ofHolder(holder).stream().filter(rule -> !rule.isList()).forEach(totals::add);
    }
    totals.sort((one, other) -> Integer.compareUnsigned(one.id(), other.id()));
    return totals;
  }
}
