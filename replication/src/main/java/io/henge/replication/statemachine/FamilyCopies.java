package io.henge.replication.statemachine;

/**
 * Keeps lists and totals within families: each holder has what its sources say, in the same entry.
 * Collections go in the order of the rules' graph, so that a holder is written once, and what
 * copies from it sees it as it is in the end.
 */
final class FamilyCopies implements DeriveStep {
  @Override
  public boolean derive(Derivation derivation) {
    FamilyPlan plan = derivation.shard().catalogue().families();
    if (plan.isEmpty() || derivation.isRepair()) {
      return true;
    }
    int count = derivation.count();
    for (int i = 0; i < count; i++) {
      int collection = derivation.change(i).collection().info().id();
      if (!plan.ofSource(collection).isEmpty() || !plan.ofHolder(collection).isEmpty()) {
        return new FamilyRun(derivation, plan).run();
      }
    }
    return true;
  }
}
