package io.henge.router.plan;

import java.util.List;

/**
 * What to do next.
 *
 * @param operations at most one for each group; independent of each other, but leader transfers are
 *     best done in their order
 * @param remarks sentences for an operator: what is less than it should be, and why
 */
public record Plan(List<Operation> operations, List<String> remarks) {
  public Plan {
    operations = List.copyOf(operations);
    remarks = List.copyOf(remarks);
  }
}
