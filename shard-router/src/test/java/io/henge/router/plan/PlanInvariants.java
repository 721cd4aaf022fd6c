package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/** What holds of every plan. */
final class PlanInvariants {
  private PlanInvariants() {}

  static void check(ClusterView view, Plan plan, PlanLimits limits) {
    assertThat(plan.operations()).extracting(Operation::group).doesNotHaveDuplicates();
    int changes = 0;
    int transfers = 0;
    for (Operation operation : plan.operations()) {
      assertThat(operation.reason()).isNotBlank();
      if (operation instanceof Operation.ChangeMembers change) {
        changes++;
        List<String> newcomers = new ArrayList<>(change.to());
        newcomers.removeAll(change.from());
        assertThat(change.to()).doesNotHaveDuplicates();
        assertThat(newcomers).allMatch(view::isReachable);
        assertThat(view.group(change.group()).hosts()).containsAll(newcomers);
        if (change.to().size() > change.from().size() && newcomers.size() > 1) {
          assertThat(change.to().size() % 2).as("%s", change).isEqualTo(1);
          assertThat(change.to()).startsWith(change.from().toArray(String[]::new));
          assertThat(change.steps()).hasSize(newcomers.size());
        }
      } else if (operation instanceof Operation.TransferLeader transfer) {
        transfers++;
        assertThat(view.isReachable(transfer.to())).isTrue();
        assertThat(view.group(transfer.group()).members()).contains(transfer.to());
      }
    }
    assertThat(changes).isLessThanOrEqualTo(limits.changesMax() + OperationSteps.open(view).size());
    // A chain of them goes whole, and visits each node once.
    int chainMax = Math.max(limits.transfersMax(), view.meta().nodes().size() - 1);
    assertThat(transfers).isLessThanOrEqualTo(chainMax + OperationSteps.open(view).size());
  }
}
