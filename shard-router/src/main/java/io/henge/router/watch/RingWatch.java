package io.henge.router.watch;

import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.ChangesResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
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
  private final int waitMillis;
  private final Runnable ready;

  // All guarded by this.
  private final List<Segment> segments = new ArrayList<>();
  private final Deque<Taken> results = new ArrayDeque<>();
  private @Nullable HengeException failure;
  private boolean closed;

  private enum State {
    /** To be asked for. */
    IDLE,
    ASKED,
    /** Its changes wait to be taken. */
    FULL,
    /** Failed; waits for another try. */
    PAUSED
  }

  private static final class Segment {
    private final ChangePart part;
    private final boolean now;
    private State state = State.IDLE;
    private int failures;

    /** Why it has not been answered since it last was; null if it has. */
    private @Nullable HengeException trouble;

    /**
     * Set if it does not lie in the shard of its left neighbour, although that is believed to end
     * here.
     */
    private byte @Nullable [] apart;

    Segment(ChangePart part, boolean now) {
      this.part = part;
      this.now = now;
    }

    /** Whether others may be asked for together with it. */
    boolean isStreaming() {
      return !now && !part.isScan();
    }

    boolean isApart(byte[] believedEnd) {
      return apart != null && Arrays.equals(apart, believedEnd);
    }
  }

  private record Taken(ChangeBatch batch, List<Segment> segments) {}

  /** A request to be sent when the lock is free. */
  private record Ask(ChangesRequest request, List<Segment> of) {}

  private RingWatch(Shards shards, int waitMillis, Runnable ready) {
    this.shards = shards;
    this.waitMillis = waitMillis;
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
    token.parts().forEach(part -> watch.segments.add(new Segment(part, false)));
    return watch;
  }

  /** Watches what happens from now on in a range of physical keys. */
  public static RingWatch fromNow(
      byte[] start, byte[] end, Shards shards, int waitMillis, Runnable ready) {
    RingWatch watch = new RingWatch(shards, waitMillis, ready);
    watch.segments.add(new Segment(ChangePart.scan(start, end), true));
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
    return failure != null || segments.stream().noneMatch(segment -> segment.now);
  }

  /**
   * The next changes; null if there are none yet. With them their segments are asked for more.
   *
   * @throws HengeException for ever, once the watch cannot go on and everything has been taken
   */
  public @Nullable ChangeBatch poll() {
    Taken taken;
    synchronized (this) {
      taken = results.poll();
      if (taken == null) {
        HengeException over = failure;
        if (over != null) {
          throw over;
        }
        return null;
      }
      taken.segments().forEach(segment -> segment.state = State.IDLE);
    }
    pump();
    return taken.batch();
  }

  /**
   * Why a part of the ring is silent: the last failure of a shard that has not answered since, and
   * is asked again and again. Null if all answer.
   */
  public synchronized @Nullable HengeException trouble() {
    for (Segment segment : segments) {
      if (segment.trouble != null) {
        return segment.trouble;
      }
    }
    return null;
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
    List<Ask> asks;
    synchronized (this) {
      if (closed || failure != null) {
        return;
      }
      asks = plan();
    }
    for (Ask ask : asks) {
      shards.ask(ask.request(), (answer, why) -> answered(ask, answer, why));
    }
  }

  private List<Ask> plan() {
    List<Ask> asks = new ArrayList<>();
    for (int i = 0; i < segments.size(); i++) {
      Segment first = segments.get(i);
      if (first.state != State.IDLE) {
        continue;
      }
      byte[] end = shards.endOfShard(first.part.start());
      if (end != null) {
        first = cut(i, end);
      }
      List<Segment> together = together(i, first, end);
      if (together.isEmpty()) {
        continue;
      }
      together.forEach(segment -> segment.state = State.ASKED);
      asks.add(new Ask(request(together), together));
    }
    return asks;
  }

  /** Leaves what lies beyond a shard's end to a segment of its own. */
  private Segment cut(int index, byte[] end) {
    Segment whole = segments.get(index);
    ChangePart part = whole.part;
    boolean beyond =
        end.length != 0
            && Arrays.compareUnsigned(end, part.start()) > 0
            && (part.end().length == 0 || Arrays.compareUnsigned(end, part.end()) < 0);
    if (!beyond) {
      return whole;
    }
    Segment left = new Segment(new ChangePart(part.start(), end, part.from()), whole.now);
    left.apart = whole.apart;
    left.trouble = whole.trouble;
    Segment right = new Segment(new ChangePart(end, part.end(), part.from()), whole.now);
    right.trouble = whole.trouble;
    segments.set(index, left);
    segments.add(index + 1, right);
    return left;
  }

  /**
   * The segments to ask for with one: its neighbours in the same shard. None yet, if one of these
   * is on its way: it will be free soon, and then they go together.
   */
  private List<Segment> together(int index, Segment first, byte @Nullable [] end) {
    if (!first.isStreaming() || end == null) {
      return List.of(first);
    }
    List<Segment> together = new ArrayList<>();
    together.add(first);
    Segment left = index == 0 ? null : segments.get(index - 1);
    if (left != null
        && !first.isApart(end)
        && isOnItsWay(left)
        && isAdjacent(left, first)
        && isIn(left, end)) {
      return List.of();
    }
    for (int i = index + 1; i < segments.size(); i++) {
      Segment next = segments.get(i);
      boolean inShard =
          !next.isApart(end) && isAdjacent(segments.get(i - 1), next) && isBefore(next, end);
      if (!inShard || !next.isStreaming() || together.size() == ChangeToken.PARTS_MAX) {
        break;
      }
      if (isOnItsWay(next)) {
        return List.of();
      }
      if (next.state != State.IDLE) {
        break;
      }
      together.add(cut(i, end));
    }
    return together;
  }

  private static boolean isOnItsWay(Segment segment) {
    return segment.isStreaming() && (segment.state == State.ASKED || segment.state == State.FULL);
  }

  private boolean isIn(Segment left, byte[] end) {
    byte[] its = shards.endOfShard(left.part.start());
    return its != null && Arrays.equals(its, end);
  }

  private static boolean isBefore(Segment segment, byte[] end) {
    return end.length == 0 || Arrays.compareUnsigned(segment.part.start(), end) < 0;
  }

  private static boolean isAdjacent(Segment left, Segment right) {
    return left.part.end().length != 0 && Arrays.equals(left.part.end(), right.part.start());
  }

  private ChangesRequest request(List<Segment> together) {
    ChangesRequest.Builder request = ChangesRequest.newBuilder();
    for (Segment segment : together) {
      io.henge.api.v1.ChangePart.Builder part =
          request
              .addPartsBuilder()
              .setStart(UnsafeByteOperations.unsafeWrap(segment.part.start()))
              .setEnd(UnsafeByteOperations.unsafeWrap(segment.part.end()));
      if (segment.now) {
        part.setNow(true);
      } else {
        part.setFrom(UnsafeByteOperations.unsafeWrap(segment.part.from()));
      }
    }
    return request.setWaitMillis(together.get(0).isStreaming() ? waitMillis : 0).build();
  }

  private void answered(Ask ask, @Nullable ChangesResponse answer, @Nullable Throwable why) {
    boolean news;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (answer == null) {
        news = failed(ask, known(why));
      } else {
        try {
          take(ask, answer);
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
  private boolean failed(Ask ask, HengeException why) {
    boolean passes =
        why.code().retry() != ErrorCode.Retry.NEVER || why.code() == ErrorCode.DEADLINE;
    if (!passes) {
      failure = why;
      return true;
    }
    int failures = 0;
    for (Segment segment : ask.of()) {
      segment.state = State.PAUSED;
      failures = Math.max(failures, ++segment.failures);
      segment.trouble = why;
    }
    long base = Math.min(BACKOFF_MILLIS_MAX, BACKOFF_MILLIS_MIN << Math.min(failures, 10));
    long millis =
        Math.max(why.retryAfterMillis(), base / 2 + ThreadLocalRandom.current().nextLong(base));
    shards.later(() -> again(ask), millis);
    return false;
  }

  private void again(Ask ask) {
    synchronized (this) {
      if (closed) {
        return;
      }
      for (Segment segment : ask.of()) {
        if (segment.state == State.PAUSED) {
          segment.state = State.IDLE;
        }
      }
    }
    pump();
  }

  /** Puts the segments of an answer in the place of those that were asked for. */
  private void take(Ask ask, ChangesResponse answer) {
    List<Segment> asked = ask.of();
    int index = segments.indexOf(asked.get(0));
    if (index < 0 || answer.getPartsCount() == 0) {
      throw new IllegalStateException("there are no positions in it");
    }
    List<ChangePart> after = new ArrayList<>(answer.getPartsCount());
    for (io.henge.api.v1.ChangePart part : answer.getPartsList()) {
      after.add(
          new ChangePart(
              part.getStart().toByteArray(),
              part.getEnd().toByteArray(),
              part.getFrom().toByteArray()));
    }
    for (int i = 0; i < asked.size(); i++) {
      segments.remove(index);
    }
    List<Segment> full = new ArrayList<>(after.size());
    for (ChangePart part : after) {
      Segment segment = new Segment(part, false);
      segment.state = State.FULL;
      full.add(segment);
    }
    full.get(0).apart = asked.get(0).apart;
    List<Segment> all = new ArrayList<>(full);
    byte[] reached = after.get(after.size() - 1).end();
    List<ChangePart> covered = new ArrayList<>();
    for (Segment segment : asked) {
      rest(segment, reached, covered, all);
    }
    if (all.size() > full.size()) {
      all.get(full.size()).apart = shards.endOfShard(after.get(0).start());
    }
    segments.addAll(index, all);
    // Before a watch from now has its position, there is none.
    List<ChangePart> before = asked.get(0).now ? after : covered;
    results.add(new Taken(new ChangeBatch(answer.getChangesList(), before, after), full));
  }

  /** Divides a segment into what the answer covers, and what it does not. */
  private static void rest(
      Segment segment, byte[] reached, List<ChangePart> covered, List<Segment> all) {
    ChangePart part = segment.part;
    if (reached.length == 0 || Arrays.compareUnsigned(part.start(), reached) < 0) {
      boolean whole =
          reached.length == 0
              || (part.end().length != 0 && Arrays.compareUnsigned(part.end(), reached) <= 0);
      covered.add(whole ? part : new ChangePart(part.start(), reached, part.from()));
      if (!whole) {
        all.add(new Segment(new ChangePart(reached, part.end(), part.from()), segment.now));
      }
    } else {
      all.add(segment);
      segment.state = State.IDLE;
    }
  }
}
