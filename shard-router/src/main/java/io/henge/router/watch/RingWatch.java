package io.henge.router.watch;

import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.ChangesResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Follows the changes of a part of the ring through whatever becomes of its shards: asks each shard
 * for what comes next, one request at a time, and lays the answers out to be {@link #poll taken}.
 *
 * <p>It knows the ring as segments, each with its own position. A segment whose changes have not
 * been taken is not asked for more: so memory is bounded by a page for each shard, however slow the
 * reader is. Segments are cut where shards end; those that have come to lie in one shard are asked
 * for together, and so become one again.
 *
 * <p>Within a sharding key changes come in the order of their versions; a change comes again only
 * if the watch is begun anew from an earlier token.
 *
 * <p>Thread-safe. Whoever is told that something is ready must not block.
 */
public final class RingWatch implements AutoCloseable {
  private static final long BACKOFF_MILLIS_MIN = 10;
  private static final long BACKOFF_MILLIS_MAX = 1_000;

  private final Shards shards;
  private final Runnable ready;

  // All guarded by this.
  private final Segments segments;
  private final Deque<Segments.Taken> results = new ArrayDeque<>();
  private @Nullable HengeException failure;
  private boolean closed;

  private RingWatch(Shards shards, int waitMillis, Runnable ready) {
    this.shards = shards;
    this.segments = new Segments(shards, waitMillis);
    this.ready = ready;
  }

  /**
   * Watches from a token on.
   *
   * @param waitMillis how long a shard waits for a change before it says that there is none
   * @param ready told on any thread that {@link #poll} may have something, or fails
   */
  public static RingWatch from(ChangeToken token, Shards shards, int waitMillis, Runnable ready) {
    RingWatch watch = new RingWatch(shards, waitMillis, ready);
    token.parts().forEach(part -> watch.segments.add(part, false));
    return watch;
  }

  /** Watches what happens from now on in a range of physical keys. */
  public static RingWatch fromNow(
      byte[] start, byte[] end, Shards shards, int waitMillis, Runnable ready) {
    RingWatch watch = new RingWatch(shards, waitMillis, ready);
    watch.segments.add(ChangePart.scan(start, end), true);
    return watch;
  }

  /** Begins. */
  public void start() {
    pump();
  }

  /**
   * Whether every shard has said where it is, or the watch has failed: for a watch from now, what
   * happens from here on is seen. If nothing has been taken yet, the positions of all shards are
   * what comes first.
   */
  public synchronized boolean isPlaced() {
    return failure != null || segments.isPlaced();
  }

  /**
   * The next changes; null if there are none yet. With them their segments are asked for more.
   *
   * @throws HengeException for ever, once the watch cannot go on and everything has been taken
   */
  public @Nullable ChangeBatch poll() {
    Segments.Taken taken;
    synchronized (this) {
      taken = results.poll();
      if (taken == null) {
        HengeException over = failure;
        if (over != null) {
          throw over;
        }
        return null;
      }
      taken.segments().forEach(segment -> segment.state = Segment.State.IDLE);
    }
    pump();
    return taken.batch();
  }

  /**
   * Why a part of the ring is silent: the last failure of a shard that has not answered since, and
   * is asked again and again. Null if all answer.
   */
  public synchronized @Nullable HengeException trouble() {
    return segments.trouble();
  }

  /** Ends it for a reason, once everything that has come has been taken. */
  public void fail(HengeException why) {
    synchronized (this) {
      if (closed || failure != null) {
        return;
      }
      failure = why;
    }
    ready.run();
  }

  @Override
  public synchronized void close() {
    closed = true;
    results.clear();
    segments.clear();
  }

  private void pump() {
    List<Segments.Ask> asks;
    synchronized (this) {
      if (closed || failure != null) {
        return;
      }
      asks = segments.plan();
    }
    for (Segments.Ask ask : asks) {
      shards.ask(ask.request(), (answer, why) -> answered(ask, answer, why));
    }
  }

  private void answered(
      Segments.Ask ask, @Nullable ChangesResponse answer, @Nullable Throwable why) {
    boolean news;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (answer == null) {
        news = failed(ask, known(why));
      } else {
        try {
          results.add(segments.take(ask, answer));
        } catch (RuntimeException e) {
          failure = new HengeException(ErrorCode.INTERNAL, "an answer of changes: " + e, e);
        }
        news = true;
      }
    }
    if (news) {
      ready.run();
    }
    pump();
  }

  private static HengeException known(@Nullable Throwable why) {
    Throwable cause = why;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof HengeException known
        ? known
        : new HengeException(ErrorCode.INTERNAL, "watching failed: " + cause, cause);
  }

  /** Whether that is the end. */
  private boolean failed(Segments.Ask ask, HengeException why) {
    boolean passes =
        why.code().retry() != ErrorCode.Retry.NEVER || why.code() == ErrorCode.DEADLINE;
    if (!passes) {
      failure = why;
      return true;
    }
    int failures = 0;
    for (Segment segment : ask.of()) {
      failures = Math.max(failures, segment.failed(why));
    }
    long base = Math.min(BACKOFF_MILLIS_MAX, BACKOFF_MILLIS_MIN << Math.min(failures, 10));
    long millis =
        Math.max(why.retryAfterMillis(), base / 2 + ThreadLocalRandom.current().nextLong(base));
    shards.later(() -> again(ask), millis);
    return false;
  }

  private void again(Segments.Ask ask) {
    synchronized (this) {
      if (closed) {
        return;
      }
      ask.of().forEach(Segment::resume);
    }
    pump();
  }
}
