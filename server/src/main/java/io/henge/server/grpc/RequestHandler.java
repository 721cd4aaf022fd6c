package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Request;
import io.henge.replication.shard.ShardReplica;
import io.henge.router.Shard;
import io.henge.server.copies.CopyReporter;
import io.henge.server.copies.CopyVerification;
import io.henge.server.copies.SourceFinder;
import io.henge.server.node.MetaFollower;
import io.henge.server.node.Replicas;
import io.henge.server.node.RequestObserver;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to a request on this node: checked, then served by a local replica, or passed on to
 * the leader, or answered with where to go. Thread-safe; runs on event loops and never blocks.
 */
final class RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(RequestHandler.class);

  /**
   * A request is passed on at most so often: to a node that knows the leader, and to the leader.
   */
  static final int HOPS_MAX = 2;

  static final int TIMEOUT_MILLIS_DEFAULT = 5_000;

  /** A child of a split serves within some of these. */
  static final int NASCENT_RETRY_MILLIS = 10;

  /** How often a request whose sender knows no shards is sent to another one on this node. */
  private static final int REROUTED_MAX = 3;

  private final String self;
  private final RequestReader reader;
  private final Replicas replicas;
  private final MetaFollower meta;
  private final PeerStreams peers;
  private final WriteIdentities identities;
  private final RequestObserver observer;
  private final Executor heavy;
  private final RingView ring;
  private final Referrals referrals;
  private final WriteServing writes;
  private final ReadServing reads;

  /**
   * @param heavy for answers that take long to print, and requests that take long to parse again
   */
  RequestHandler(
      String self,
      RequestReader reader,
      Replicas replicas,
      MetaFollower meta,
      PeerStreams peers,
      WriteIdentities identities,
      RequestObserver observer,
      Executor heavy) {
    this(
        self,
        reader,
        replicas,
        meta,
        peers,
        identities,
        observer,
        heavy,
        SourceFinder.NONE,
        CopyReporter.NONE,
        CopyVerification.NONE);
  }

  /**
   * @param heavy for answers that take long to print, and requests that take long to parse again
   * @param sources finds what writes lack for their declared copies
   * @param copies tells readers how far copies lag
   * @param verification holds these against their sources
   */
  RequestHandler(
      String self,
      RequestReader reader,
      Replicas replicas,
      MetaFollower meta,
      PeerStreams peers,
      WriteIdentities identities,
      RequestObserver observer,
      Executor heavy,
      SourceFinder sources,
      CopyReporter copies,
      CopyVerification verification) {
    this.self = self;
    this.reader = reader;
    this.replicas = replicas;
    this.meta = meta;
    this.peers = peers;
    this.identities = identities;
    this.observer = observer;
    this.heavy = heavy;
    this.ring = new RingView(replicas, meta);
    this.referrals = new Referrals(self, meta, ring);
    Rerouting rerouting = new Rerouted();
    this.writes = new WriteServing(self, replicas, meta, sources, referrals, rerouting);
    this.reads =
        new ReadServing(self, replicas, observer, referrals, rerouting, copies, verification);
  }

  /**
   * Takes a request; its answer may come before this returns, or later on any thread.
   *
   * @param dispatch to be flushed by the caller, after the last request that came together
   */
  void handle(Request received, long arrivedNanos, Answer answer, Dispatch dispatch) {
    Exchange exchange;
    try {
      int timeoutMillis = reader.timeoutMillis(received, TIMEOUT_MILLIS_DEFAULT);
      Request request = identities.complete(received, timeoutMillis);
      long deadline = arrivedNanos + timeoutMillis * 1_000_000L;
      exchange = new Exchange(request, arrivedNanos, deadline, answer, observer);
    } catch (HengeException e) {
      answer.answer(Answers.failed(received.getId(), Answers.error(e)));
      return;
    }
    attempt(exchange, dispatch);
  }

  private void attempt(Exchange exchange, Dispatch dispatch) {
    try {
      Parsed parsed = reader.parse(exchange.request, meta.view().catalogue());
      route(exchange, parsed, dispatch);
    } catch (UnknownCollectionException e) {
      if (exchange.refreshed) {
        exchange.fail(e);
        return;
      }
      // It may have been created through another node a moment ago.
      exchange.refreshed = true;
      meta.confirm()
          .whenComplete(
              (view, failure) -> {
                if (failure == null) {
                  again(exchange);
                } else {
                  // Not NOT_FOUND: another node may know better.
                  exchange.fail(Answers.known(failure));
                  exchange.flush();
                }
              });
    } catch (HengeException e) {
      exchange.fail(e);
    } catch (RuntimeException e) {
      LOG.error("a request failed in a way that it must not", e);
      exchange.fail(new HengeException(ErrorCode.INTERNAL, "bug: " + e, e));
    }
  }

  /** Any thread, also the applying one. */
  private void again(Exchange exchange) {
    if (Heavy.isHeavy(exchange.request)) {
      offload(() -> againHere(exchange));
    } else {
      againHere(exchange);
    }
  }

  /** What takes long is done elsewhere; if there are no threads left, here. */
  private void offload(Runnable work) {
    try {
      heavy.execute(work);
    } catch (RejectedExecutionException e) {
      work.run();
    }
  }

  private void againHere(Exchange exchange) {
    if (exchange.isOver()) {
      exchange.fail(new HengeException(ErrorCode.DEADLINE, "no time left after a retry inside"));
    } else {
      Dispatch dispatch = new Dispatch();
      attempt(exchange, dispatch);
      dispatch.flush();
    }
    exchange.flush();
  }

  private void route(Exchange exchange, Parsed parsed, Dispatch dispatch) {
    Parsed.Place place = parsed.place();
    Shard target = place.in(meta.view().map());
    long asked = exchange.request.getShardId();
    long shardId = asked != 0 || target == null ? asked : target.id();
    ShardReplica local = shardId == 0 ? null : replicas.replica(shardId);
    boolean right =
        local != null
            ? place.isIn(local.description())
            : asked == 0 || (target != null && target.id() == asked);
    if (!right && asked == 0) {
      // The shard has changed, and meta has not heard of it yet.
      Shard newer = place.in(ring.map());
      local = newer == null ? null : replicas.replica(newer.id());
      shardId = newer == null ? 0 : newer.id();
      right = local != null && place.isIn(local.description());
    }
    if (right && local != null && local.state().reshaping().isSealed()) {
      // Whoever has absorbed it may be known already.
      Shard newer = place.in(ring.map());
      right = newer == null || newer.id() == shardId;
    }
    if ((local == null || local.group().leader() == null) && replicas.isNascent(shardId)) {
      exchange.fail(
          Answers.error(
              ErrorCode.BUSY,
              "shard " + shardId + " was split off a moment ago and is about to serve",
              NASCENT_RETRY_MILLIS));
    } else if (!right) {
      exchange.fail(referrals.wrongShard(place, shardId));
    } else if (local != null && serves(local, parsed)) {
      serve(exchange, parsed, local, dispatch);
    } else {
      forward(exchange, place, local, dispatch);
    }
  }

  private boolean serves(ShardReplica local, Parsed parsed) {
    return local.group().isLeader() || (!parsed.leaderOnly() && replicas.isMember(local));
  }

  private void serve(Exchange exchange, Parsed parsed, ShardReplica replica, Dispatch dispatch) {
    if (parsed instanceof Parsed.Write write) {
      writes.serve(exchange, write, replica, dispatch);
    } else {
      reads.serve(exchange, parsed, replica);
    }
  }

  /**
   * Leaders may have changed: what waits for the answer of a node that does not lead any more goes
   * to the one that does. For a write that is safe, since it goes under the same request id.
   */
  void leadersChanged() {
    List<Exchange> moved = peers.takeBack(this::isLedElsewhere);
    if (moved.isEmpty()) {
      return;
    }
    Dispatch dispatch = new Dispatch();
    for (Exchange exchange : moved) {
      exchange.step("the shard has another leader now");
      attempt(exchange, dispatch);
    }
    dispatch.flush();
    moved.forEach(Exchange::flush);
  }

  private boolean isLedElsewhere(String node, long shardId) {
    ShardReplica local = replicas.replica(shardId);
    String leader = local == null ? null : local.group().leader();
    return leader != null && !leader.equals(node);
  }

  private void forward(
      Exchange exchange, Parsed.Place place, @Nullable ShardReplica local, Dispatch dispatch) {
    Shard target = place.in(meta.view().map());
    String leader = local != null ? local.group().leader() : null;
    if (exchange.request.getHops() >= HOPS_MAX || (target == null && leader == null)) {
      exchange.fail(referrals.notLeader(leader));
      return;
    }
    String to = leader != null ? leader : other(Objects.requireNonNull(target), local != null);
    PeerStream peer = to == null || to.equals(self) ? null : peers.stream(to);
    if (to == null || peer == null) {
      exchange.fail(referrals.notLeader(null));
      return;
    }
    exchange.step("passed on by " + self + " to " + to);
    long shardId = local != null ? local.description().shardId() : target == null ? 0 : target.id();
    Request passed =
        exchange.request.toBuilder()
            .setHops(exchange.request.getHops() + 1)
            .setTimeoutMillis(exchange.remainingMillis())
            .build();
    peer.send(passed, shardId, exchange);
    dispatch.touched(peer);
  }

  /** A member that may know the leader, if this node has no replica itself. */
  private @Nullable String other(Shard target, boolean member) {
    if (target.leader() != null) {
      return target.leader();
    }
    List<String> nodes = target.replicas().stream().filter(node -> !node.equals(self)).toList();
    // A member without a leader waits for an election, as do the others.
    return member || nodes.isEmpty()
        ? null
        : nodes.get((int) Math.floorMod(System.nanoTime() >>> 10, (long) nodes.size()));
  }

  private final class Rerouted implements Rerouting {
    @Override
    public boolean mayGoAgain(Exchange exchange) {
      return exchange.request.getShardId() == 0 && exchange.rerouted++ < REROUTED_MAX;
    }

    @Override
    public void again(Exchange exchange) {
      RequestHandler.this.again(exchange);
    }

    @Override
    public void passOn(Exchange exchange, Parsed.Place place, ShardReplica local) {
      Dispatch dispatch = new Dispatch();
      forward(exchange, place, local, dispatch);
      dispatch.flush();
    }

    @Override
    public void offload(Runnable work) {
      RequestHandler.this.offload(work);
    }
  }
}
