package io.henge.server.grpc;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentReader;
import io.henge.document.filter.Filter;
import io.henge.replication.statemachine.ApplyLimits;
import io.henge.replication.statemachine.ChangeRow;
import io.henge.replication.statemachine.ChangeSieve;
import io.henge.replication.statemachine.StoredItem;
import org.jspecify.annotations.Nullable;

/** Keeps the changes that somebody watches; ends a page when it has looked at enough. */
final class WatchSieve implements ChangeSieve {
  private static final int ROWS_MAX = 10_000;
  private static final long BYTES_MAX = 8 << 20;
  private static final long STEPS_MAX = 1_000_000;

  private final int collectionId;
  private final @Nullable Filter filter;
  private int rows;
  private long bytes;
  private long steps;

  /**
   * @param filter null = all
   */
  WatchSieve(int collectionId, @Nullable Filter filter) {
    this.collectionId = collectionId;
    this.filter = filter;
  }

  @Override
  public boolean keeps(ChangeRow change) {
    rows++;
    if (PhysicalKey.collectionId(change.key()) != collectionId) {
      return false;
    }
    StoredItem after = change.after();
    StoredItem before = change.before();
    if (filter == null || (after == null && before == null)) {
      // Of what is gone, and how it was is not known, nobody can say that it does not match.
      return true;
    }
    return (after != null && matches(after)) || (before != null && matches(before));
  }

  @Override
  public boolean keeps(StoredItem present) {
    rows++;
    bytes += present.value().size();
    return PhysicalKey.collectionId(present.key()) == collectionId
        && (filter == null || matches(present));
  }

  private boolean matches(StoredItem item) {
    Filter wanted = filter;
    if (wanted == null || !(item.value() instanceof Value.Document document)) {
      return false;
    }
    Steps budget = new Steps(ApplyLimits.STEPS_MAX);
    boolean holds = wanted.test(new DocumentReader(document.bytes()), budget);
    steps += budget.used();
    return holds;
  }

  @Override
  public boolean isTired() {
    return rows >= ROWS_MAX || bytes >= BYTES_MAX || steps >= STEPS_MAX;
  }
}
