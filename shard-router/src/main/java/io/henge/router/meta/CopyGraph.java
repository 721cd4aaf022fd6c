package io.henge.router.meta;

import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CopyRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which collection's changes feed which other one through declared copies.
 *
 * <p>Lists and totals always feed their holder. A copy from another shard does so only if a field
 * that it copies is written by a copy itself: what applications write into a source goes one step,
 * and there it ends. So airports may count their routes while routes have the airport's city; they
 * may not have that count.
 */
final class CopyGraph {
  /** Copies of copies of copies of copies. */
  static final int CHAIN_MAX = 4;

  /** Holders by source. */
  private final Map<Integer, Set<Integer>> edges = new HashMap<>();

  private final Collection<CollectionRecord> collections;

  private CopyGraph(
      Collection<CollectionRecord> collections, CopyRule added, CollectionRecord holder) {
    this.collections = collections;
    Map<Integer, List<CopyRule>> live = new HashMap<>();
    for (CollectionRecord collection : collections) {
      if (!collection.getDropped()) {
        live.put(
            collection.getId(),
            new ArrayList<>(
                collection.getDocuments().getRulesList().stream()
                    .filter(CopyRules::isLive)
                    .toList()));
      }
    }
    live.computeIfAbsent(holder.getId(), id -> new ArrayList<>()).add(added);
    live.forEach(
        (id, rules) ->
            rules.forEach(
                rule -> {
                  if (feeds(rule, live.getOrDefault(rule.getSourceId(), List.of()))) {
                    edges.computeIfAbsent(rule.getSourceId(), any -> new HashSet<>()).add(id);
                  }
                }));
  }

  /**
   * Refuses a rule that would feed itself, or make too long a chain.
   *
   * @param collections with the holder as it is before
   * @param rule with its source's id
   */
  static void require(
      Collection<CollectionRecord> collections, CopyRule rule, CollectionRecord holder) {
    new CopyGraph(collections, rule, holder).require();
  }

  /** Whether a derived change of the source can be one of the holder. */
  private static boolean feeds(CopyRule rule, List<CopyRule> ofSource) {
    if (CopyRules.isWithinFamily(rule.getKind())) {
      return true;
    }
    List<List<String>> copied =
        rule.getFieldsList().stream().map(field -> anyElement(field.getPath())).toList();
    return ofSource.stream()
        .flatMap(other -> CopyRules.owned(other).stream())
        .map(CopyGraph::anyElement)
        .anyMatch(owned -> copied.stream().anyMatch(path -> PathTexts.overlap(path, owned)));
  }

  private static List<String> anyElement(String path) {
    return anyElement(PathTexts.steps(path));
  }

  /** The second element of an array is one of those that a copy writes in each. */
  private static List<String> anyElement(List<String> steps) {
    return steps.stream().map(step -> step.startsWith("[") ? "[]" : step).toList();
  }

  private void require() {
    for (int start : edges.keySet().stream().sorted().toList()) {
      List<Integer> way = new ArrayList<>();
      for (int next : nexts(start)) {
        if (leads(next, start, way, new HashSet<>())) {
          way.add(0, start);
          throw Refused.invalid(
              "copy: it would loop: "
                  + String.join(" -> ", way.stream().map(this::name).toList())
                  + "; a change of one would go round for ever. Copy from the first source"
                  + " instead");
        }
      }
    }
    Map<Integer, Integer> known = new HashMap<>();
    int longest = 0;
    for (int start : edges.keySet()) {
      longest = Math.max(longest, longest(start, known));
    }
    if (longest > CHAIN_MAX) {
      throw Refused.invalid(
          "copy: it would be part of a chain of "
              + longest
              + " copies of copies, the limit is "
              + CHAIN_MAX
              + "; copy from an earlier source");
    }
  }

  private String name(int id) {
    return collections.stream()
        .filter(each -> each.getId() == id)
        .findFirst()
        .map(CollectionRecord::getName)
        .orElse(String.valueOf(id));
  }

  private List<Integer> nexts(int from) {
    return edges.getOrDefault(from, Set.of()).stream().sorted().toList();
  }

  /** Whether changes go from one collection to another; notes the way. */
  private boolean leads(int from, int to, List<Integer> way, Set<Integer> seen) {
    way.add(from);
    if (from == to) {
      return true;
    }
    if (seen.add(from)) {
      for (int next : nexts(from)) {
        if (leads(next, to, way, seen)) {
          return true;
        }
      }
    }
    way.remove(way.size() - 1);
    return false;
  }

  /** Edges of the longest way from a collection; there are no cycles. */
  private int longest(int from, Map<Integer, Integer> known) {
    Integer before = known.get(from);
    if (before != null) {
      return before;
    }
    int longest = 0;
    for (int next : nexts(from)) {
      longest = Math.max(longest, 1 + longest(next, known));
    }
    known.put(from, longest);
    return longest;
  }
}
