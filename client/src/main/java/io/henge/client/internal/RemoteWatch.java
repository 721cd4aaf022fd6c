package io.henge.client.internal;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.client.DocumentChange;
import io.henge.client.Watch;
import io.henge.router.watch.ChangeBatch;
import io.henge.router.watch.RingWatch;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A watch for a thread that waits. */
final class RemoteWatch<T> implements Watch<T> {
  private final Watching<T> watching;
  private final RingWatch ring;

  /** A permit for "something may be there"; more than one would say no more. */
  private final Semaphore ready = new Semaphore(0);

  private volatile boolean closed;

  // Of the reading thread. The token is that before the current batch.
  private @Nullable ChangeToken token;
  private @Nullable ChangeBatch batch;
  private int given;

  RemoteWatch(Core core, Watching<T> watching) {
    this.watching = watching;
    this.token = watching.first();
    this.ring = watching.open(this::wake);
    ring.start();
    if (token == null) {
      place(core);
    }
  }

  private void wake() {
    if (ready.availablePermits() == 0) {
      ready.release();
    }
  }

  /** Finds out where now is. */
  private void place(Core core) {
    long deadline = System.nanoTime() + core.options.timeout().toNanos();
    token = ChangeToken.of(List.of());
    try {
      while (!ring.isPlaced()) {
        if (!await(deadline)) {
          throw new HengeException(
              ErrorCode.DEADLINE, "watch: not all shards have said in time where they are");
        }
      }
      // Until here nothing was taken, so the positions of all of them come first.
      while (!isNew() && take(ring.poll())) {
        ready.drainPermits();
      }
      ready.release();
    } catch (RuntimeException e) {
      ring.close();
      throw e;
    }
  }

  @Override
  public boolean hasNext() {
    while (!isNew()) {
      if (closed) {
        return false;
      }
      fetch(Long.MAX_VALUE);
    }
    return true;
  }

  @Override
  public DocumentChange<T> next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the watch is closed");
    }
    return take();
  }

  @Override
  public Optional<DocumentChange<T>> poll(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!isNew()) {
      if (closed || !fetch(deadline)) {
        return Optional.empty();
      }
    }
    return Optional.of(take());
  }

  private boolean isNew() {
    ChangeBatch current = batch;
    return current != null && given < current.changes().size() && !closed;
  }

  private DocumentChange<T> take() {
    ChangeBatch current = batch;
    if (current == null) {
      throw new IllegalStateException("there is no change");
    }
    DocumentChange<T> change = watching.read(current.changes().get(given));
    given++;
    return change;
  }

  /** Takes what has come, waiting for it; false if the time is over. */
  private boolean fetch(long deadlineNanos) {
    return take(ring.poll()) || await(deadlineNanos);
  }

  private boolean take(@Nullable ChangeBatch next) {
    if (next == null) {
      return false;
    }
    token = token();
    batch = next;
    given = 0;
    return true;
  }

  private boolean await(long deadlineNanos) {
    try {
      if (deadlineNanos == Long.MAX_VALUE) {
        ready.acquire();
        return true;
      }
      return ready.tryAcquire(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(ErrorCode.DEADLINE, "watch: the thread was interrupted", e);
    }
  }

  @Override
  public ChangeToken token() {
    ChangeToken before = token;
    if (before == null) {
      throw new IllegalStateException("the watch has no position yet");
    }
    ChangeBatch current = batch;
    return current == null ? before : current.tokenBehind(before, given);
  }

  @Override
  public Optional<HengeException> trouble() {
    return Optional.ofNullable(ring.trouble());
  }

  @Override
  public void close() {
    closed = true;
    ring.close();
    ready.release();
  }
}
