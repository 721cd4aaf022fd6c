package io.henge.client.internal.retry;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.client.internal.batch.Admission;
import io.henge.client.internal.batch.Link;
import io.henge.client.internal.batch.Links;
import io.henge.client.internal.batch.Loop;
import io.henge.client.internal.batch.Submissions;
import io.henge.client.internal.routing.ClusterClock;
import io.henge.client.internal.routing.MapFollower;
import io.henge.client.internal.routing.Peer;
import io.henge.client.internal.routing.Routes;
import io.henge.router.Shard;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings calls to their answers. Callers of any thread {@link #submit}; everything else happens on
 * the loop: attempts are made, fail and are made again elsewhere, always under the same request id,
 * until one answer settles the call or its time is over.
 *
 * <p>Several attempts of one call may be on their way: one that stays silent is not given up, it
 * may still answer first. For a write an error then settles the call only if it speaks for the
 * request id and not just for the attempt ({@link Verdict}): the record that the shard keeps of
 * each request id makes it so for everything that was decided in the log.
 */
public final class Dispatcher {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  /** How long a node is avoided that has been silent, unless it speaks. */
  static final long AVOID_MILLIS = 2_000;

  /** How precisely calls are woken. */
  static final long TICK_MILLIS = 5;

  /** Redirections that are followed at once; those after them wait. */
  private static final int QUICK_RETRIES_MAX = 3;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Loop loop;
  private final Links links;
  private final Routes routes;
  private final MapFollower follower;
  private final Admission admission;
  private final Random random;
  private final Division division;
  private final Answers answers;
  private final Submissions<Call> submissions = new Submissions<>();
  private final Call.Live live = new Call.Live();
  private final Runnable drain = this::drain;
  private final Runnable tick = this::tick;
  private final LongAdder requests = new LongAdder();
  private final AtomicLong attempts = new AtomicLong();
  private long lastId;
  private boolean ticking;
  private boolean idle;
  private volatile boolean closed;

  public Dispatcher(
      Loop loop,
      Links links,
      Routes routes,
      MapFollower follower,
      ClusterClock clock,
      Admission admission,
      Random random) {
    this.loop = loop;
    this.links = links;
    this.routes = routes;
    this.follower = follower;
    this.admission = admission;
    this.random = random;
    this.division = new Division(this, routes);
    this.answers = new Answers(this, routes, follower, clock);
  }

  /**
   * Takes a call. From any thread; does not block.
   *
   * @throws HengeException BUSY if too many wait already, UNAVAILABLE if the client is closed
   */
  public void submit(Call call) {
    if (closed) {
      throw closedError();
    }
    admission.admit(call.bytes);
    requests.increment();
    call.startNanos = loop.nanoTime();
    if (submissions.push(call)) {
      loop.execute(drain);
    }
    if (closed) {
      // Whoever closed the client may have missed it.
      call.answer().completeExceptionally(closedError());
    }
  }

  /** Calls submitted. From any thread. */
  public long requests() {
    return requests.sum();
  }

  /** Attempts made. From any thread. */
  public long attempts() {
    return attempts.get();
  }

  /** Fails whatever waits, and whatever comes. On the loop. */
  public void close() {
    closed = true;
    drain();
    for (Call call = live.first(); call != null; call = live.first()) {
      fail(call, closedError());
    }
  }

  private void drain() {
    Call call = submissions.takeAll();
    while (call != null) {
      Call next = submissions.next(call);
      live.add(call);
      if (closed) {
        fail(call, closedError());
      } else {
        attempt(call);
      }
      call = next;
    }
    links.flush();
    startTicking();
  }

  private void startTicking() {
    idle = false;
    if (!ticking && !live.isEmpty()) {
      ticking = true;
      loop.schedule(tick, TICK_MILLIS);
    }
  }

  private void tick() {
    for (Call call : live.due(loop.nanoTime())) {
      if (!call.answer().isDone()) {
        wake(call);
      }
    }
    links.flush();
    // Goes on through one idle tick, since a lone caller comes back at once.
    ticking = !closed && (!live.isEmpty() || !idle);
    idle = live.isEmpty();
    if (ticking) {
      loop.schedule(tick, TICK_MILLIS);
    }
  }

  private void wake(Call call) {
    long now = loop.nanoTime() - call.startNanos;
    if (now >= call.timeoutMillis * NANOS_PER_MILLI) {
      fail(call, Verdict.atDeadline(call));
    } else if (now >= call.retryAt) {
      attempt(call);
    } else {
      hedge(call);
    }
  }

  /** Makes the next attempt now, or waits if there is nobody to ask. */
  private void attempt(Call call) {
    try {
      if (division.divide(call)) {
        return;
      }
      Shard shard = find(call);
      Peer avoided = call.avoided;
      long silence = loop.nanoTime() - Patience.silenceNanos(call);
      Peer peer = choose(call, shard, other -> call.asks(other, silence) || isSame(other, avoided));
      if (peer == null && avoided != null) {
        peer = choose(call, shard, other -> call.asks(other, silence));
      }
      call.avoided = null;
      if (peer == null) {
        if (call.lastError == null) {
          call.lastError =
              new HengeException(ErrorCode.UNAVAILABLE, "no node can be reached at the moment");
        }
        call.step("no node to ask at the moment");
        pause(call, 0);
      } else {
        send(call, shard, peer);
      }
    } catch (RuntimeException e) {
      LOG.error("Request failed inside the client", e);
      fail(call, new HengeException(ErrorCode.INTERNAL, call.what() + ": " + e, e));
    }
  }

  private @Nullable Shard find(Call call) {
    return call.place.before()
        ? routes.findBefore(call.place.key())
        : routes.find(call.place.key());
  }

  private @Nullable Peer choose(Call call, @Nullable Shard shard, Predicate<Peer> excluded) {
    return call.kind == Call.Kind.REPLICA_READ
        ? routes.forReplica(shard, excluded, call.turn)
        : routes.forLeader(shard, excluded, call.turn);
  }

  private static boolean isSame(Peer peer, @Nullable Peer other) {
    return other != null && peer.link() == other.link();
  }

  private void send(Call call, @Nullable Shard shard, Peer peer) {
    long now = loop.nanoTime();
    long sinceStart = now - call.startNanos;
    long leftMillis = call.timeoutMillis - sinceStart / NANOS_PER_MILLI;
    Request.Builder request =
        call.template.toBuilder().setId(++lastId).setTimeoutMillis((int) Math.max(1, leftMillis));
    if (shard != null) {
      request.setShardId(shard.id()).setShardEpoch(shard.epoch());
    }
    Attempt attempt = new Attempt(this, call, peer, shard, request.build(), now);
    call.began(attempt);
    attempts.lazySet(attempts.get() + 1);
    call.retryAt = Call.NEVER;
    call.hedgeAt = sinceStart + Patience.quietNanos(call);
    rearm(call);
    if (call.isExplained()) {
      call.step(
          "attempt "
              + call.attempts
              + (shard == null
                  ? ": shard unknown"
                  : ": shard " + shard.id() + ", epoch " + shard.epoch())
              + ", asked node "
              + peer
              + (shard != null && peer.nodeId().equals(shard.leader()) ? " (leader)" : ""));
    }
    peer.link().enqueue(attempt);
  }

  /** An attempt is silent: says the same to another node as well. */
  private void hedge(Call call) {
    long now = loop.nanoTime();
    long quiet = Patience.quietNanos(call);
    boolean due = true;
    for (Attempt attempt : call.outstanding()) {
      Link link = attempt.peer.link();
      boolean silent = now - Patience.quietSince(attempt) >= quiet;
      if (silent) {
        link.markSilent(AVOID_MILLIS);
        follower.suspect(link.address());
      }
      // The last one is the newest; what older ones are worth has been judged before.
      due = silent || now - attempt.startNanos >= Patience.silenceNanos(call);
    }
    if (!due) {
      // The node speaks, if not of this: it gets more time.
      call.hedgeAt = Patience.hedgeAt(call);
      rearm(call);
      return;
    }
    Shard shard = find(call);
    Peer other = choose(call, shard, peer -> call.asks(peer, now - Patience.silenceNanos(call)));
    if (other == null) {
      call.hedgeAt = now - call.startNanos + quiet;
      rearm(call);
    } else {
      call.step("no answer yet: asking another node under the same request id");
      send(call, shard, other);
    }
  }

  void rearm(Call call) {
    long next = Math.min(call.timeoutMillis * NANOS_PER_MILLI, call.retryAt);
    call.wakeAt = call.outstanding().isEmpty() ? next : Math.min(next, call.hedgeAt);
  }

  /** Tries again after a while. */
  void pause(Call call, long retryAfterMillis) {
    long millis = Backoff.millis(call.pauses++, retryAfterMillis, random);
    call.retryAt = loop.nanoTime() - call.startNanos + millis * NANOS_PER_MILLI;
    rearm(call);
  }

  /** Tries again at once, unless that was done often enough. */
  void retrySoon(Call call) {
    if (call.quickRetries++ < QUICK_RETRIES_MAX) {
      attempt(call);
    } else {
      pause(call, 0);
    }
  }

  void lost(Attempt attempt, HengeException why) {
    Call call = attempt.call;
    if (!call.ended(attempt)) {
      return;
    }
    call.maybeApplied |= attempt.wasSent();
    call.lastError = why;
    call.avoided = attempt.peer;
    if (call.isExplained()) {
      call.step("lost node " + attempt.peer + ": " + why.getMessage());
    }
    retrySoon(call);
  }

  void answered(Attempt attempt, Response answer) {
    if (attempt.call.ended(attempt)) {
      answers.take(attempt, answer);
    }
  }

  void fail(Call call, HengeException why) {
    finish(call);
    call.answer().completeExceptionally(why);
  }

  /** A part of a call was made: it lives and ends with it. */
  void begin(Call part) {
    live.add(part);
    attempt(part);
  }

  /** Nobody is asked for the call as a whole any more. */
  void withdraw(Call call) {
    cancelAttempts(call);
    call.retryAt = Call.NEVER;
    call.hedgeAt = Call.NEVER;
    rearm(call);
  }

  void finish(Call call) {
    live.remove(call);
    cancelAttempts(call);
    if (call.admitted) {
      admission.release(call.bytes);
    }
  }

  private static void cancelAttempts(Call call) {
    for (int i = 0; i < call.outstanding().size(); i++) {
      Attempt attempt = call.outstanding().get(i);
      attempt.peer.link().cancel(attempt);
    }
    call.outstanding().clear();
  }

  private static HengeException closedError() {
    return new HengeException(ErrorCode.UNAVAILABLE, "the client is closed");
  }
}
