package io.henge.client.internal.retry;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Error;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.Trace;
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
import java.util.List;
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

  /**
   * An attempt that is silent for so long, or a third of the call's time, is made elsewhere too.
   */
  static final long SILENCE_MILLIS_MAX = 1_000;

  /**
   * The same for a node that answers nobody: nothing at all has come from it for so long, though
   * this attempt waits. Doubled with each attempt of the call, up to {@link #SILENCE_MILLIS_MAX}:
   * where everybody is slow, asking more nodes makes it worse.
   */
  static final long QUIET_MILLIS_MIN = 300;

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
  private final ClusterClock clock;
  private final Admission admission;
  private final Random random;
  private final Division division;
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
    this.clock = clock;
    this.admission = admission;
    this.random = random;
    this.division = new Division(this, routes);
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
      long silence = loop.nanoTime() - silenceNanos(call);
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
    call.hedgeAt = sinceStart + quietNanos(call);
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
    long quiet = quietNanos(call);
    boolean due = true;
    for (Attempt attempt : call.outstanding()) {
      Link link = attempt.peer.link();
      boolean silent = now - quietSince(attempt) >= quiet;
      if (silent) {
        link.markSilent(AVOID_MILLIS);
        follower.suspect(link.address());
      }
      // The last one is the newest; what older ones are worth has been judged before.
      due = silent || now - attempt.startNanos >= silenceNanos(call);
    }
    if (!due) {
      // The node speaks, if not of this: it gets more time.
      call.hedgeAt = hedgeAt(call);
      rearm(call);
      return;
    }
    Shard shard = find(call);
    Peer other = choose(call, shard, peer -> call.asks(peer, now - silenceNanos(call)));
    if (other == null) {
      call.hedgeAt = now - call.startNanos + quiet;
      rearm(call);
    } else {
      call.step("no answer yet: asking another node under the same request id");
      send(call, shard, other);
    }
  }

  private static long silenceNanos(Call call) {
    return call.patienceNanos
        + Math.max(1, Math.min(SILENCE_MILLIS_MAX, call.timeoutMillis / 3)) * NANOS_PER_MILLI;
  }

  private static long quietNanos(Call call) {
    long millis = QUIET_MILLIS_MIN << Math.min(call.attempts - 1, 4);
    return Math.min(call.patienceNanos + millis * NANOS_PER_MILLI, silenceNanos(call));
  }

  /** Since when nothing has come from the node that an attempt waits for. */
  private static long quietSince(Attempt attempt) {
    long heard = attempt.peer.link().heardNanos();
    return heard - attempt.startNanos > 0 ? heard : attempt.startNanos;
  }

  /** When the newest attempt may be called silent. */
  private static long hedgeAt(Call call) {
    Attempt newest = call.outstanding().get(call.outstanding().size() - 1);
    long quiet = quietSince(newest) - call.startNanos + quietNanos(call);
    return Math.min(quiet, newest.startNanos - call.startNanos + silenceNanos(call));
  }

  private void rearm(Call call) {
    long next = Math.min(call.timeoutMillis * NANOS_PER_MILLI, call.retryAt);
    call.wakeAt = call.outstanding().isEmpty() ? next : Math.min(next, call.hedgeAt);
  }

  /** Tries again after a while. */
  private void pause(Call call, long retryAfterMillis) {
    long millis = Backoff.millis(call.pauses++, retryAfterMillis, random);
    call.retryAt = loop.nanoTime() - call.startNanos + millis * NANOS_PER_MILLI;
    rearm(call);
  }

  /** Tries again at once, unless that was done often enough. */
  private void retrySoon(Call call) {
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
    Call call = attempt.call;
    if (!call.ended(attempt)) {
      return;
    }
    Shard shard = attempt.shard;
    if (answer.hasShard()) {
      shard = Shard.of(answer.getShard());
      routes.correct(List.of(answer.getShard()));
    }
    if (!answer.getLeaderNodeId().isEmpty() && shard != null) {
      routes.leads(shard.id(), answer.getLeaderNodeId());
    }
    if (answer.hasError()) {
      refused(attempt, answer.getError(), answer.getTrace());
      return;
    }
    if (call.isWrite()) {
      clock.raise(answer.getWrite().getShardTimeMillis());
    }
    if (shard != null && answer.getLeaderNodeId().isEmpty() && showsLeader(call, shard, attempt)) {
      routes.leads(shard.id(), attempt.peer.nodeId());
    }
    call.answeredBy(attempt, shard);
    finish(call);
    call.answer().complete(answer);
  }

  /** A node that writes and names nobody leads; one that reads for leaders may only have asked. */
  private static boolean showsLeader(Call call, Shard shard, Attempt attempt) {
    return switch (call.kind) {
      case WRITE -> !attempt.peer.nodeId().equals(shard.leader());
      case LEADER_READ -> shard.leader() == null;
      case REPLICA_READ -> false;
    };
  }

  private void refused(Attempt attempt, Error error, Trace path) {
    Call call = attempt.call;
    ErrorCode code = ErrorCode.of(error.getCode());
    HengeException failure =
        new HengeException(code, error.getMessage(), error.getRetryAfterMillis(), null);
    call.lastError = failure;
    call.maybeApplied |= code.effect() == ErrorCode.Effect.UNKNOWN;
    if (call.isExplained()) {
      path.getStepsList().forEach(call::step);
      call.step("node " + attempt.peer + " answered " + code + ": " + error.getMessage());
    }
    switch (code) {
      case WRONG_SHARD -> {
        routes.correct(error.getShardsList());
        if (error.getShardsCount() == 0) {
          follower.refresh();
          pause(call, failure.retryAfterMillis());
        } else {
          retrySoon(call);
        }
      }
      case NOT_LEADER -> notLeader(attempt, error);
      case STALE_CATALOGUE -> {
        follower.refresh();
        pause(call, failure.retryAfterMillis());
      }
      case BUSY -> pause(call, failure.retryAfterMillis());
      case UNAVAILABLE, CORRUPTION -> {
        call.avoided = attempt.peer;
        pause(call, failure.retryAfterMillis());
      }
      default -> {
        HengeException verdict = Verdict.onError(call, failure);
        if (verdict != null) {
          fail(call, verdict);
        } else {
          rearm(call);
        }
      }
    }
  }

  private void notLeader(Attempt attempt, Error error) {
    Call call = attempt.call;
    Shard shard = attempt.shard;
    String named = error.getLeaderNodeId();
    String asked = attempt.peer.nodeId();
    call.avoided = attempt.peer;
    Peer leader = named.isEmpty() || named.equals(asked) ? null : routes.peer(named);
    if (shard != null && leader != null) {
      routes.leads(shard.id(), named);
    } else if (shard != null) {
      Shard now = routes.map().shard(shard.id());
      if (now != null && asked.equals(now.leader())) {
        routes.leads(shard.id(), null);
      }
    }
    if (!named.isEmpty() && leader == null && !named.equals(asked)) {
      follower.refresh();
    }
    if (leader != null && leader.link().isUsable()) {
      retrySoon(call);
    } else {
      pause(call, error.getRetryAfterMillis());
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
