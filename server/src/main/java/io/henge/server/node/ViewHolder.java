package io.henge.server.node;

import io.henge.router.meta.MetaState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The newest view of meta, whom to tell of a newer one, and who waits for one. Thread-safe. */
final class ViewHolder {
  private static final Logger LOG = LoggerFactory.getLogger(ViewHolder.class);

  private record Waiter(long version, CompletableFuture<MetaView> future) {}

  private final Set<Runnable> listeners = new CopyOnWriteArraySet<>();
  private final List<Waiter> waiters = new CopyOnWriteArrayList<>();
  private volatile MetaView view = MetaView.EMPTY;

  MetaView view() {
    return view;
  }

  /** Takes a state if it is newer. */
  void offer(MetaState state) {
    synchronized (this) {
      if (state.version() <= view.version()) {
        return;
      }
      view = MetaView.of(state);
    }
    for (Runnable listener : listeners) {
      try {
        listener.run();
      } catch (RuntimeException e) {
        LOG.error("a listener to the map failed", e);
      }
    }
    wakeUp();
  }

  Runnable onChange(Runnable listener) {
    // A wrapper: the same listener may be added twice and removed once.
    Runnable own = () -> listener.run();
    listeners.add(own);
    return () -> listeners.remove(own);
  }

  /** Completes with the first view that has reached a version. */
  CompletableFuture<MetaView> await(long version) {
    Waiter waiter = new Waiter(version, new CompletableFuture<>());
    waiters.add(waiter);
    wakeUp();
    return waiter.future();
  }

  private void wakeUp() {
    MetaView now = view;
    List<Waiter> ready = new ArrayList<>();
    for (Iterator<Waiter> all = waiters.iterator(); all.hasNext(); ) {
      Waiter waiter = all.next();
      if (waiter.version() <= now.version() || waiter.future().isDone()) {
        ready.add(waiter);
      }
    }
    waiters.removeAll(ready);
    ready.forEach(waiter -> waiter.future().complete(now));
  }
}
