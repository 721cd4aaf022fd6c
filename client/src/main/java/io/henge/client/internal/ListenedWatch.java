package io.henge.client.internal;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.client.ChangeListener;
import io.henge.client.DocumentChange;
import io.henge.router.watch.ChangeBatch;
import io.henge.router.watch.RingWatch;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A watch that tells a listener. One thread at a time takes and tells for all ({@link #pump}),
 * without a lock; while the listener is at work nothing is taken.
 */
final class ListenedWatch<T> implements AutoCloseable {
  private final Watching<T> watching;
  private final ChangeListener<T> listener;
  private final RingWatch ring;
  private final CompletableFuture<AutoCloseable> begun = new CompletableFuture<>();
  private final AtomicInteger pumps = new AtomicInteger();
  private volatile boolean atWork;
  private volatile boolean over;

  // Of whoever pumps.
  private ChangeToken token;

  ListenedWatch(Watching<T> watching, ChangeListener<T> listener) {
    this.watching = watching;
    this.listener = listener;
    ChangeToken first = watching.first();
    this.token = first == null ? ChangeToken.of(List.of()) : first;
    this.ring = watching.open(this::pump);
  }

  CompletableFuture<AutoCloseable> begin() {
    ring.start();
    pump();
    return begun;
  }

  private void pump() {
    if (pumps.getAndIncrement() > 0) {
      return;
    }
    int seen;
    do {
      seen = pumps.get();
      takeAll();
    } while (pumps.addAndGet(-seen) > 0);
  }

  private void takeAll() {
    while (!atWork && !over) {
      if (!ring.isPlaced()) {
        // Nothing is taken before, so that the positions of all shards come first.
        return;
      }
      ChangeBatch batch;
      try {
        batch = ring.poll();
      } catch (HengeException e) {
        end(e);
        return;
      }
      begun.complete(this);
      if (batch == null) {
        return;
      }
      token = token.with(batch.after());
      if (!batch.changes().isEmpty()) {
        tell(watching.read(batch));
      }
    }
  }

  private void tell(List<DocumentChange<T>> changes) {
    atWork = true;
    try {
      listener
          .changed(changes, token)
          .whenComplete(
              (done, failure) -> {
                atWork = false;
                if (failure != null) {
                  end(new HengeException(ErrorCode.INTERNAL, "the listener failed", failure));
                } else {
                  pump();
                }
              });
    } catch (RuntimeException e) {
      end(new HengeException(ErrorCode.INTERNAL, "the listener failed", e));
    }
  }

  private void end(@Nullable HengeException why) {
    if (over) {
      return;
    }
    over = true;
    ring.close();
    if (why != null) {
      if (!begun.completeExceptionally(why)) {
        listener.failed(why);
      }
    }
  }

  @Override
  public void close() {
    end(null);
  }
}
