package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The LIST, COUNT and SUM rules of a catalogue, by what apply looks for. Immutable. */
final class FamilyPlan {
  static final FamilyPlan NONE = new FamilyPlan(Map.of(), Map.of(), Map.of(), Map.of());

  /** More than any chain of rules is long. */
  private static final int RANKS_MAX = 16;

  private final Map<Integer, FamilyRule> byId;
  private final Map<Integer, List<FamilyRule>> byHolder;
  private final Map<Integer, List<FamilyRule>> bySource;
  private final Map<Integer, Integer> ranks;

  private FamilyPlan(
      Map<Integer, FamilyRule> byId,
      Map<Integer, List<FamilyRule>> byHolder,
      Map<Integer, List<FamilyRule>> bySource,
      Map<Integer, Integer> ranks) {
    this.byId = byId;
    this.byHolder = byHolder;
    this.bySource = bySource;
    this.ranks = ranks;
  }

  static FamilyPlan of(Catalogue catalogue) {
    Map<Integer, FamilyRule> byId = new HashMap<>();
    Map<Integer, List<FamilyRule>> byHolder = new HashMap<>();
    Map<Integer, List<FamilyRule>> bySource = new HashMap<>();
    for (CollectionInfo info : catalogue.infos()) {
      CollectionInfo.Documents documents = info.documents();
      for (CopyRule rule : documents == null ? List.<CopyRule>of() : documents.rules()) {
        Catalogue.Collection source = catalogue.find(rule.sourceId());
        if (!rule.kind().isWithinFamily() || source == null || source.layout() == null) {
          continue;
        }
        FamilyRule ready = FamilyRule.of(rule, info.id(), source.layout());
        if (ready == null) {
          continue;
        }
        byId.put(rule.id(), ready);
        if (rule.state() == CopyRule.State.LIVE && !info.dropped()) {
          byHolder.computeIfAbsent(info.id(), id -> new ArrayList<>()).add(ready);
          bySource.computeIfAbsent(rule.sourceId(), id -> new ArrayList<>()).add(ready);
        }
      }
    }
    return byId.isEmpty() ? NONE : new FamilyPlan(byId, byHolder, bySource, ranks(byHolder));
  }

  /** Holders come after their sources. Meta lets no cycle through; one would end at the limit. */
  private static Map<Integer, Integer> ranks(Map<Integer, List<FamilyRule>> byHolder) {
    Map<Integer, Integer> ranks = new HashMap<>();
    for (int round = 1; round <= RANKS_MAX; round++) {
      boolean changed = false;
      for (Map.Entry<Integer, List<FamilyRule>> each : byHolder.entrySet()) {
        for (FamilyRule rule : each.getValue()) {
          int least = Math.min(RANKS_MAX, ranks.getOrDefault(rule.sourceId(), 0) + 1);
          if (ranks.getOrDefault(each.getKey(), 0) < least) {
            ranks.put(each.getKey(), least);
            changed = true;
          }
        }
      }
      if (!changed) {
        break;
      }
    }
    return ranks;
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Live or not; null if the catalogue has none of this id. */
  @Nullable FamilyRule rule(int id) {
    return byId.get(id);
  }

  /** Live rules whose holders a collection's documents are, in order of their ids. */
  List<FamilyRule> ofHolder(int collectionId) {
    return byHolder.getOrDefault(collectionId, List.of());
  }

  /** Live rules whose sources a collection's documents are, in order of holders and ids. */
  List<FamilyRule> ofSource(int collectionId) {
    return bySource.getOrDefault(collectionId, List.of());
  }

  /** A holder's is above that of all its sources. */
  int rank(int collectionId) {
    return ranks.getOrDefault(collectionId, 0);
  }
}
