package io.henge.replication.statemachine;

import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import java.util.ArrayList;
import java.util.List;

/** Where in its holders a rule writes. Part of what apply does: equal on every replica. */
final class WrittenPaths {
  private WrittenPaths() {}

  /** The place of a list or total, or of each copied field. */
  static List<List<PathStep>> of(CopyRule rule) {
    if (rule.kind().isWithinFamily()) {
      return List.of(steps(rule.target()));
    }
    List<List<PathStep>> paths = new ArrayList<>();
    for (CopyRule.Field field : rule.fields()) {
      paths.add(of(rule, field));
    }
    return paths;
  }

  /** The place of one copied field. */
  static List<PathStep> of(CopyRule rule, CopyRule.Field field) {
    List<PathStep> steps = new ArrayList<>(steps(rule.target()));
    steps.addAll(steps(field.as()));
    return steps;
  }

  private static List<PathStep> steps(String path) {
    return path.isEmpty() ? List.of() : Path.parse(path).steps();
  }

  /** Whether a live rule writes there, or to a part of it, or to what it is a part of. */
  static boolean isWritten(List<PathStep> path, int holderId, Catalogue catalogue) {
    Catalogue.Collection holder = catalogue.find(holderId);
    Derived derived = holder == null ? null : holder.derived();
    return derived != null
        && derived.held().stream()
            .flatMap(rule -> of(rule).stream())
            .anyMatch(other -> overlap(path, other));
  }

  private static boolean overlap(List<PathStep> one, List<PathStep> other) {
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      boolean members =
          one.get(i) instanceof PathStep.Member || other.get(i) instanceof PathStep.Member;
      // Any element may be the one at an index.
      if (members && !one.get(i).equals(other.get(i))) {
        return false;
      }
    }
    return true;
  }
}
