package io.henge.replication.meta;

import io.henge.api.internal.v1.MetaResult;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.WriteRows;
import io.henge.replication.LogPosition;
import io.henge.replication.Membership;
import io.henge.replication.statemachine.EntryObserver;
import io.henge.replication.statemachine.StoredStateMachine;
import io.henge.router.meta.Applied;
import io.henge.router.meta.MetaRow;
import io.henge.router.meta.MetaState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicated state of the meta shard: {@link MetaState}, whose rows are in the store's {@link
 * KeySpace#DATA}. What an entry does is decided by {@link MetaState#apply} alone; the result of an
 * entry is its {@link MetaResult}.
 *
 * <p>Threads: the applying thread changes; any thread reads {@link #state}.
 */
public final class MetaStateMachine extends StoredStateMachine {
  private static final Logger LOG = LoggerFactory.getLogger(MetaStateMachine.class);
  private static final byte[] ALL = new byte[0];

  private final List<MetaListener> listeners = new CopyOnWriteArrayList<>();
  private volatile EntryObserver observer = EntryObserver.NONE;
  private volatile MetaState state = MetaState.EMPTY;

  /** What listeners were told last. Of the applying thread. */
  private MetaState told = MetaState.EMPTY;

  /** Of the entry being applied, until its rows are written. */
  private @Nullable MetaState next;

  /**
   * Opens what is in the store.
   *
   * @param engine opens checkpoints
   * @param store closed with the state machine
   * @param swap makes {@code store} stand on the checkpoint in a directory
   * @throws io.henge.api.error.HengeException CORRUPTION if rows are damaged or of a newer format
   */
  public MetaStateMachine(StorageEngine engine, ShardStore store, Consumer<Path> swap) {
    super(engine, store, swap);
    open();
    told = state;
  }

  /** The state after the last entry applied here; it may be behind that of the leader. */
  public MetaState state() {
    return state;
  }

  /** Adds a listener; it hears of changes after the state that is there when it is added. */
  public void listen(MetaListener listener) {
    listeners.add(listener);
  }

  public void unlisten(MetaListener listener) {
    listeners.remove(listener);
  }

  /**
   * Whom to tell of leadership, members and the end; to be set before the log drives the machine.
   * It is not told of entries: those of the meta shard have kinds of their own.
   */
  public void observe(EntryObserver newObserver) {
    observer = newObserver;
  }

  @Override
  protected void load(ReadView view, LogPosition position) {
    List<MetaRow> rows = new ArrayList<>();
    try (RowCursor cursor = view.scan(KeySpace.DATA, ALL, ALL, false)) {
      while (cursor.next()) {
        rows.add(new MetaRow(cursor.key(), cursor.value()));
      }
    }
    state = MetaState.load(rows);
  }

  @Override
  protected Object apply(
      LogPosition position, byte[] entry, @Nullable Object context, WriteRows rows) {
    Applied applied = state.apply(MetaEntry.decode(entry).command());
    for (MetaRow row : applied.rows()) {
      byte[] value = row.value();
      if (value == null) {
        rows.delete(KeySpace.DATA, row.key());
      } else {
        rows.put(KeySpace.DATA, row.key(), value);
      }
    }
    next = applied.state();
    return applied.result();
  }

  @Override
  protected void written(LogPosition position) {
    MetaState after = next;
    if (after == null) {
      throw new IllegalStateException("nothing was applied");
    }
    next = null;
    state = after;
    tell();
  }

  @Override
  protected void advanced(LogPosition position) {
    observer.onAdvanced(position);
  }

  @Override
  protected void installed(LogPosition position) {
    observer.onInstalled(position);
    tell();
  }

  private void tell() {
    MetaState before = told;
    MetaState after = state;
    told = after;
    if (before.version() == after.version()) {
      return;
    }
    for (MetaListener listener : listeners) {
      try {
        listener.changed(before, after);
      } catch (RuntimeException e) {
        // A listener's fault must not stop the meta shard.
        LOG.error("a listener failed on {}", after, e);
      }
    }
  }

  @Override
  public void foreignEntryAppended(byte[] entry) {
    // The meta shard has no lease: what is read of it says how old it is, by its version.
  }

  @Override
  public void leadershipChanged(boolean isLeader, long term, @Nullable String leader) {
    observer.onLeadershipChanged(isLeader, term, leader);
  }

  @Override
  public void membersChanged(Membership members) {
    observer.onMembersChanged(members);
  }

  @Override
  public void stopped(@Nullable Throwable fault) {
    observer.onStopped(fault);
  }
}
