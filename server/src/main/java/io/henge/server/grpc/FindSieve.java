package io.henge.server.grpc;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentReader;
import io.henge.document.filter.Filter;
import io.henge.replication.statemachine.ApplyLimits;
import io.henge.replication.statemachine.FindPlan;
import io.henge.replication.statemachine.RowSieve;
import io.henge.replication.statemachine.StoredItem;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Keeps what a find looks for; ends a page when it has looked at enough. */
final class FindSieve implements RowSieve {
  /**
   * What one page may cost.
   *
   * @param rowsMax rows that are looked at
   * @param bytesMax bytes of their values
   * @param stepsMax steps of the filter on all of them
   */
  record Effort(int rowsMax, long bytesMax, long stepsMax) {}

  private final IntPredicate collections;
  private final @Nullable Filter filter;
  private final Effort effort;
  private @Nullable FindPlan plan;
  private int rows;
  private long bytes;
  private long steps;

  FindSieve(IntPredicate collections, @Nullable Filter filter, Effort effort) {
    this.collections = collections;
    this.filter = filter;
    this.effort = effort;
  }

  @Override
  public boolean keeps(StoredItem item) {
    rows++;
    bytes += item.value().size();
    if (!collections.test(PhysicalKey.collectionId(item.key()))) {
      return false;
    }
    if (filter == null) {
      return true;
    }
    if (!(item.value() instanceof Value.Document document)) {
      return false;
    }
    // Each document has a budget of its own: what one may cost does not depend on its neighbours.
    Steps budget = new Steps(ApplyLimits.STEPS_MAX);
    boolean holds = filter.test(new DocumentReader(document.bytes()), budget);
    steps += budget.used();
    return holds;
  }

  @Override
  public void planned(FindPlan chosen) {
    plan = chosen;
  }

  /** How the shard has read; null if there was nothing to choose. */
  @Nullable FindPlan plan() {
    return plan;
  }

  @Override
  public boolean isTired() {
    return rows >= effort.rowsMax || bytes >= effort.bytesMax || steps >= effort.stepsMax;
  }

  int rows() {
    return rows;
  }
}
