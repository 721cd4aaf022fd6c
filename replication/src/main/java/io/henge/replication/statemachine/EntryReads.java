package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import org.jspecify.annotations.Nullable;

/** What the store held before the entry that is being applied; opened only if it is asked. */
final class EntryReads implements AutoCloseable {
  private final ShardStore store;
  private @Nullable ReadView view;

  EntryReads(ShardStore store) {
    this.store = store;
  }

  byte @Nullable [] get(KeySpace space, byte[] key) {
    return view().get(space, key);
  }

  ReadView view() {
    ReadView open = view;
    if (open == null) {
      open = store.latest();
      view = open;
    }
    return open;
  }

  /** Ends the reads of an entry; those of the next may follow. */
  @Override
  public void close() {
    ReadView open = view;
    view = null;
    if (open != null) {
      open.close();
    }
  }
}
