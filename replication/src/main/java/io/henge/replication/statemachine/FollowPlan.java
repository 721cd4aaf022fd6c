package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The SNAPSHOT and FOLLOW rules of a catalogue, by what apply looks for. Immutable. */
final class FollowPlan {
  static final FollowPlan NONE = new FollowPlan(Map.of(), Map.of(), Map.of());

  private final Map<Integer, FollowRule> byId;
  private final Map<Integer, List<FollowRule>> byHolder;
  private final Map<Integer, List<FollowRule>> bySource;

  private FollowPlan(
      Map<Integer, FollowRule> byId,
      Map<Integer, List<FollowRule>> byHolder,
      Map<Integer, List<FollowRule>> bySource) {
    this.byId = byId;
    this.byHolder = byHolder;
    this.bySource = bySource;
  }

  static FollowPlan of(Catalogue catalogue) {
    Map<Integer, FollowRule> byId = new HashMap<>();
    Map<Integer, List<FollowRule>> byHolder = new HashMap<>();
    Map<Integer, List<FollowRule>> bySource = new HashMap<>();
    for (CollectionInfo info : catalogue.infos()) {
      CollectionInfo.Documents documents = info.documents();
      if (documents == null) {
        continue;
      }
      for (CopyRule rule : documents.rules()) {
        if (rule.kind().isWithinFamily()) {
          continue;
        }
        Catalogue.Collection source = catalogue.find(rule.sourceId());
        FollowRule ready = FollowRule.of(rule, info.id(), source == null ? null : source.layout());
        if (ready == null) {
          continue;
        }
        byId.put(rule.id(), ready);
        if (ready.isLive() && !info.dropped()) {
          byHolder.computeIfAbsent(info.id(), id -> new ArrayList<>()).add(ready);
          if (ready.follows()) {
            bySource.computeIfAbsent(rule.sourceId(), id -> new ArrayList<>()).add(ready);
          }
        }
      }
    }
    return byId.isEmpty() ? NONE : new FollowPlan(byId, byHolder, bySource);
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Live or not, in order of their ids. */
  List<FollowRule> rules() {
    return byId.values().stream()
        .sorted((one, two) -> Integer.compareUnsigned(one.id(), two.id()))
        .toList();
  }

  /** Live or not; null if the catalogue has none of this id. */
  @Nullable FollowRule rule(int id) {
    return byId.get(id);
  }

  /** Live rules whose holders a collection's documents are, in order of their ids. */
  List<FollowRule> ofHolder(int collectionId) {
    return byHolder.getOrDefault(collectionId, List.of());
  }

  /** Live FOLLOW rules whose sources a collection's documents are, in order of holders and ids. */
  List<FollowRule> ofSource(int collectionId) {
    return bySource.getOrDefault(collectionId, List.of());
  }
}
