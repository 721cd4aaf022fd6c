package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.Error;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.Request;
import io.henge.replication.shard.ChangesOutcome;
import io.henge.replication.shard.Completion;
import io.henge.replication.shard.NotLeaderException;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.ChangePage;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteOutcome;
import io.henge.router.Shard;
import io.henge.server.copies.SourceFinder;
import io.henge.server.node.MetaFollower;
import io.henge.server.node.Replicas;
import io.henge.server.node.RequestObserver;
import java.util.ArrayList;
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

  /** Time for an answer to travel. */
  private static final long ANSWER_NANOS = 200_000_000;

  /** How often a request whose sender knows no shards is sent to another one on this node. */
  private static final int REROUTED_MAX = 3;

  /** How often a write is proposed again because it lacks sources: others may appear meanwhile. */
  private static final int SEARCHES_MAX = 4;

  private final String self;
  private final RequestReader reader;
  private final Replicas replicas;
  private final MetaFollower meta;
  private final PeerStreams peers;
  private final WriteIdentities identities;
  private final RequestObserver observer;
  private final Executor heavy;
  private final SourceFinder sources;
  private final RingView ring;

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
    this(self, reader, replicas, meta, peers, identities, observer, heavy, SourceFinder.NONE);
  }

  /**
   * @param heavy for answers that take long to print, and requests that take long to parse again
   * @param sources finds what writes lack for their declared copies
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
      SourceFinder sources) {
    this.sources = sources;
    this.self = self;
    this.reader = reader;
    this.replicas = replicas;
    this.meta = meta;
    this.peers = peers;
    this.identities = identities;
    this.observer = observer;
    this.heavy = heavy;
    this.ring = new RingView(replicas, meta);
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
      exchange.fail(wrongShard(place, shardId));
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
      for (CollectionInfo collection : write.collections()) {
        if (!replica.knows(collection)) {
          installThenServe(exchange, write, replica);
          return;
        }
      }
      replica.write(
          write.command(), exchange.deadlineNanos, new WriteDone(exchange, write, replica));
      dispatch.touched(replica);
    } else if (parsed instanceof Parsed.Read read) {
      replica.read(read.command(), exchange.deadlineNanos, new ReadDone(exchange, parsed, replica));
    } else if (parsed instanceof Parsed.Range range) {
      replica.range(
          range.command(), exchange.deadlineNanos, new ReadDone(exchange, parsed, replica));
    } else if (parsed instanceof Parsed.Find find) {
      replica.range(
          find.command(), exchange.deadlineNanos, new ReadDone(exchange, parsed, replica));
    } else if (parsed instanceof Parsed.Changes changes) {
      serve(exchange, changes, replica);
    } else if (parsed instanceof Parsed.Verify verify) {
      serve(exchange, verify, replica);
    }
  }

  private void serve(Exchange exchange, Parsed.Verify verify, ShardReplica replica) {
    replica
        .verify(verify.from(), verify.collectionId(), verify.repair())
        .whenComplete(
            (outcome, failure) -> {
              if (failure == null) {
                exchange.serve(
                    exchange.response().setVerify(VerifyAnswer.of(outcome)), replica, self, 0, 0);
              } else {
                HengeException why = Answers.known(failure);
                if (why.code() == ErrorCode.WRONG_SHARD && isReroutable(exchange)) {
                  again(exchange);
                } else {
                  exchange.fail(readError(why, replica, verify));
                }
              }
              exchange.flush();
            });
  }

  private void serve(Exchange exchange, Parsed.Changes changes, ShardReplica replica) {
    if (!replica.knows(changes.collections().get(0))) {
      // What it does not know to keep, it does not keep: from here on it is to.
      exchange.step("the shard learns of the collection");
      replicas
          .installCatalogue(replica)
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  exchange.fail(Answers.known(failure));
                } else {
                  ask(exchange, changes, replica);
                }
                exchange.flush();
              });
    } else {
      ask(exchange, changes, replica);
    }
  }

  private void ask(Exchange exchange, Parsed.Changes changes, ShardReplica replica) {
    // An answer after the deadline would help nobody.
    long until =
        Math.min(
            System.nanoTime() + changes.waitMillis() * 1_000_000L,
            exchange.deadlineNanos - ANSWER_NANOS);
    replica.changes(changes.query(), until, new ChangesDone(exchange, changes, replica));
  }

  private final class ChangesDone implements Completion<ChangesOutcome> {
    private final Exchange exchange;
    private final Parsed.Changes parsed;
    private final ShardReplica replica;

    ChangesDone(Exchange exchange, Parsed.Changes parsed, ShardReplica replica) {
      this.exchange = exchange;
      this.parsed = parsed;
      this.replica = replica;
    }

    @Override
    public void complete(ChangesOutcome outcome) {
      HengeException failure = outcome.error();
      ChangePage page = outcome.page();
      if (failure == null && page != null) {
        try {
          exchange.serve(
              exchange.response().setChanges(ChangesAnswer.of(page, parsed.form())),
              replica,
              self,
              outcome.appliedIndex(),
              0);
        } catch (HengeException e) {
          exchange.fail(e);
        }
      } else if (failure != null
          && failure.code() == ErrorCode.WRONG_SHARD
          && isReroutable(exchange)) {
        again(exchange);
      } else if (failure != null) {
        exchange.fail(readError(failure, replica, parsed));
      }
    }

    @Override
    public void flush() {
      exchange.flush();
    }
  }

  private void installThenServe(Exchange exchange, Parsed.Write write, ShardReplica replica) {
    exchange.step("the shard learns of the collection");
    replicas
        .installCatalogue(replica)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                exchange.fail(Answers.known(failure));
              } else {
                replica.write(
                    write.command(),
                    exchange.deadlineNanos,
                    new WriteDone(exchange, write, replica));
                replica.flush();
              }
              exchange.flush();
            });
  }

  private final class WriteDone implements Completion<WriteOutcome> {
    private final Exchange exchange;
    private final Parsed.Write parsed;
    private final ShardReplica replica;

    /** Sources of copies that have been found for it. */
    private List<CopySource> found = List.of();

    private int searches;

    WriteDone(Exchange exchange, Parsed.Write parsed, ShardReplica replica) {
      this.exchange = exchange;
      this.parsed = parsed;
      this.replica = replica;
    }

    @Override
    public void complete(WriteOutcome outcome) {
      ErrorCode code = outcome.error();
      if (code == null) {
        DocumentForm form = exchange.request.getWrite().getDocumentForm();
        if (Heavy.isHeavy(outcome, form)) {
          offload(
              () -> {
                serve(outcome, form);
                exchange.flush();
              });
        } else {
          serve(outcome, form);
        }
      } else if (code == ErrorCode.STALE_CATALOGUE && !exchange.reinstalled) {
        exchange.reinstalled = true;
        // Not on the applying thread: the catalogue's own entry has to be applied there.
        meta.refresh()
            .thenCompose(view -> replicas.installCatalogue(replica))
            .whenComplete((done, failure) -> again(exchange));
      } else if (code == ErrorCode.WRONG_SHARD && isReroutable(exchange)) {
        again(exchange);
      } else if (!outcome.missing().isEmpty() && searches < SEARCHES_MAX) {
        search(outcome.missing());
      } else {
        Error.Builder error = Answers.error(code, outcome.message(), outcome.retryAfterMillis());
        error.setMutation(outcome.failedMutation());
        if (code == ErrorCode.NOT_LEADER) {
          addLeader(error, outcome.leader() != null ? outcome.leader() : replica.group().leader());
        } else if (code == ErrorCode.WRONG_SHARD) {
          addShards(error, replica, parsed);
        } else if (code == ErrorCode.INVALID_ARGUMENT) {
          Divided.explain(error, parsed, ring, meta.view().map());
        }
        exchange.fail(error);
      }
    }

    private void serve(WriteOutcome outcome, DocumentForm form) {
      exchange.serve(
          exchange.response().setWrite(Answers.written(outcome, form)),
          replica,
          self,
          replica.group().committedIndex(),
          0);
    }

    /** It has had no effect: it is proposed again, with what it lacks. */
    private void search(List<SourceKey> missing) {
      searches++;
      exchange.step("sources of copies are read from their shards");
      sources
          .find(replica.state(), missing, exchange.deadlineNanos)
          .whenComplete(
              (states, failure) -> {
                if (failure != null) {
                  exchange.fail(Answers.known(failure));
                  exchange.flush();
                  return;
                }
                List<CopySource> all = new ArrayList<>(found);
                all.addAll(states);
                found = all;
                replica.write(parsed.command().withSources(all), exchange.deadlineNanos, this);
                replica.flush();
                exchange.flush();
              });
    }

    @Override
    public void flush() {
      exchange.flush();
    }
  }

  private final class ReadDone implements Completion<ReadOutcome> {
    private final Exchange exchange;
    private final Parsed parsed;
    private final ShardReplica replica;

    ReadDone(Exchange exchange, Parsed parsed, ShardReplica replica) {
      this.exchange = exchange;
      this.parsed = parsed;
      this.replica = replica;
    }

    @Override
    public void complete(ReadOutcome outcome) {
      HengeException failure = outcome.error();
      if (failure == null && Heavy.isHeavy(outcome.items(), form())) {
        offload(
            () -> {
              served(outcome);
              exchange.flush();
            });
      } else if (failure == null) {
        served(outcome);
      } else if (failure.code() == ErrorCode.WRONG_SHARD && isReroutable(exchange)) {
        again(exchange);
      } else if (!parsed.leaderOnly() && mayGoOn(failure)) {
        exchange.step("not fresh enough here: " + failure.getMessage());
        Dispatch dispatch = new Dispatch();
        forward(exchange, parsed.place(), replica, dispatch);
        dispatch.flush();
      } else {
        exchange.fail(readError(failure, replica, parsed));
      }
    }

    private DocumentForm form() {
      Request request = exchange.request;
      return request.hasRead()
          ? request.getRead().getDocumentForm()
          : request.hasRange()
              ? request.getRange().getDocumentForm()
              : request.getFind().getDocumentForm();
    }

    private void served(ReadOutcome outcome) {
      var response = exchange.response();
      try {
        if (parsed instanceof Parsed.Range range) {
          response.setRange(
              Answers.range(range, outcome, exchange.request.getRange().getDocumentForm()));
        } else if (parsed instanceof Parsed.Find find) {
          FindResponse page = find.find().answer(outcome);
          observer.found(page.getRowsLookedAt(), page.getItemsCount());
          response.setFind(page);
        } else {
          response.setRead(Answers.read(outcome, exchange.request.getRead().getDocumentForm()));
        }
      } catch (HengeException e) {
        // What was found cannot be sorted, or a document of it not be read.
        exchange.fail(e);
        return;
      }
      exchange.serve(response, replica, self, outcome.appliedIndex(), outcome.stalenessMillis());
    }

    /** A follower that cannot keep the promise asks the leader to. */
    private boolean mayGoOn(HengeException failure) {
      return !replica.group().isLeader()
          && failure.code().retry() != ErrorCode.Retry.NEVER
          && failure.code() != ErrorCode.BUSY
          && exchange.request.getHops() < HOPS_MAX;
    }

    @Override
    public void flush() {
      exchange.flush();
    }
  }

  private Error.Builder readError(HengeException failure, ShardReplica replica, Parsed parsed) {
    Error.Builder error =
        Answers.error(failure.code(), failure.getMessage(), failure.retryAfterMillis());
    if (failure.code() == ErrorCode.NOT_LEADER) {
      String leader = failure instanceof NotLeaderException e ? e.leader() : null;
      addLeader(error, leader != null ? leader : replica.group().leader());
    } else if (failure.code() == ErrorCode.WRONG_SHARD) {
      addShards(error, replica, parsed);
    }
    return error;
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
      exchange.fail(notLeader(leader));
      return;
    }
    String to = leader != null ? leader : other(Objects.requireNonNull(target), local != null);
    PeerStream peer = to == null || to.equals(self) ? null : peers.stream(to);
    if (to == null || peer == null) {
      exchange.fail(notLeader(null));
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

  private Error.Builder notLeader(@Nullable String leader) {
    Error.Builder error =
        Answers.error(
            ErrorCode.NOT_LEADER,
            leader == null
                ? "the shard has no leader that node " + self + " knows; try again soon"
                : "node " + leader + " leads the shard, not node " + self,
            0);
    addLeader(error, leader);
    return error;
  }

  private void addLeader(Error.Builder error, @Nullable String leader) {
    NodeRecord node = leader == null ? null : meta.view().map().node(leader);
    if (leader != null && !leader.equals(self)) {
      error.setLeaderNodeId(leader);
      if (node != null) {
        error.setLeaderAddress(node.getClientAddress());
      }
    }
  }

  private Error.Builder wrongShard(Parsed.Place place, long asked) {
    List<Shard> instead = ring.instead(asked, place);
    Error.Builder error =
        Answers.error(
            ErrorCode.WRONG_SHARD,
            "shard "
                + asked
                + " does not hold the key; "
                + (instead.isEmpty() ? "ask for the map again" : instead.get(0) + " may"),
            0);
    instead.forEach(shard -> error.addShards(shard.toDescriptor()));
    return error;
  }

  private void addShards(Error.Builder error, ShardReplica replica, Parsed parsed) {
    ring.instead(replica.description().shardId(), parsed.place())
        .forEach(shard -> error.addShards(shard.toDescriptor()));
    if (parsed instanceof Parsed.Read read) {
      Divided.addShards(error, read, ring);
    }
  }

  /**
   * Whether a request that a replica has refused because its range has changed is looked at again
   * here: its sender named no shard, and so leaves it to the node to find the right one. A write
   * keeps its identity.
   */
  private static boolean isReroutable(Exchange exchange) {
    return exchange.request.getShardId() == 0 && exchange.rerouted++ < REROUTED_MAX;
  }
}
