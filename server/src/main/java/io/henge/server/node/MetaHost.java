package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.MetaUpdate;
import io.henge.api.internal.v1.ReportAnswer;
import io.henge.api.v1.RequestId;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.meta.MetaGroup;
import io.henge.router.meta.MetaState;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's link to meta: follows it through a replica of its own or through a member, and has
 * commands replicated by whoever leads it. Thread-safe; nothing blocks.
 */
final class MetaHost {
  private static final Logger LOG = LoggerFactory.getLogger(MetaHost.class);
  private static final long PROPOSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long REFRESH_MILLIS = 1_000;
  private static final long RETRY_MILLIS = 50;

  private final String self;
  private final ViewHolder views;
  private final Peers peers;
  private final NodeThreads threads;
  private final long idHigh;
  private final long idLow;
  private final AtomicLong sequence = new AtomicLong();

  private volatile @Nullable MetaGroup replica;
  private volatile @Nullable String heardLeader;
  private volatile long heardVersion;

  // Guarded by this: the stream from a member, while there is one.
  private @Nullable Runnable watch;
  private long watchNumber;
  private int nextMember;
  private int behind;

  MetaHost(String self, ViewHolder views, Peers peers, NodeThreads threads) {
    this.self = self;
    this.views = views;
    this.peers = peers;
    this.threads = threads;
    SecureRandom random = new SecureRandom();
    this.idHigh = random.nextLong();
    this.idLow = random.nextLong();
  }

  /** From now on this node has a replica of meta. */
  void attach(MetaGroup attached) {
    replica = attached;
    attached.machine().listen((before, after) -> views.offer(after));
    views.offer(attached.state());
  }

  /** Its replica has stopped. */
  void detach() {
    replica = null;
  }

  @Nullable MetaGroup replica() {
    return replica;
  }

  @Nullable ConsensusGroup group() {
    MetaGroup mine = replica;
    return mine == null ? null : mine.consensus();
  }

  /**
   * All that this node's replica of meta has applied, or null without one. A {@linkplain
   * ViewHolder#view view} may be what a member has streamed, which knows of no operations.
   */
  @Nullable MetaState applied() {
    MetaGroup mine = replica;
    return mine == null ? null : mine.state();
  }

  boolean leads() {
    MetaGroup mine = replica;
    return mine != null && mine.consensus().isLeader();
  }

  @Nullable String leader() {
    MetaGroup mine = replica;
    String known = mine == null ? null : mine.consensus().leader();
    return known != null ? known : heardLeader;
  }

  /** What a report's answer says. */
  void heard(ReportAnswer answer) {
    heardVersion = Math.max(heardVersion, answer.getMapVersion());
    if (!answer.getMetaLeaderNodeId().isEmpty()) {
      heardLeader = answer.getMetaLeaderNodeId();
    }
  }

  /** The leader that was heard of does not answer: ask the members again. */
  void doubt(String nodeId) {
    if (nodeId.equals(heardLeader)) {
      heardLeader = null;
    }
  }

  /** Whom to ask about meta next: the leader, else one member after another. */
  @Nullable String ask() {
    String leader = leader();
    if (leader != null) {
      return leader;
    }
    List<String> members = new ArrayList<>(views.view().state().cluster().getMetaNodeIdsList());
    members.remove(self);
    if (members.isEmpty()) {
      return null;
    }
    synchronized (this) {
      return members.get(Math.floorMod(nextMember++, members.size()));
    }
  }

  // ---- Following ----

  /** Sees to it that news arrive; to be called about once a second. */
  void keepFollowing() {
    MetaGroup mine = replica;
    if (mine != null) {
      views.offer(mine.state());
      boolean current =
          mine.consensus().leader() != null && mine.state().version() >= views.view().version();
      if (current) {
        endWatch();
        return;
      }
    }
    synchronized (this) {
      // A stream may have lost a message without a word: twice behind what was heard is too much.
      behind = heardVersion > views.view().version() ? behind + 1 : 0;
      if (watch != null && behind > 1) {
        behind = 0;
        endWatch();
      }
      if (watch == null) {
        beginWatch();
      }
    }
  }

  private synchronized void beginWatch() {
    String member = ask();
    if (member == null || member.equals(self)) {
      return;
    }
    long number = ++watchNumber;
    // Ended before it began, if the call fails at once.
    watch = () -> {};
    Runnable cancel =
        peers.watchMeta(member, this::take, reason -> watchEnded(number, member, reason));
    if (watch != null && watchNumber == number) {
      watch = cancel;
    }
  }

  private void take(MetaUpdate update) {
    MetaState known = views.view().state();
    if (known.canMerge(update)) {
      views.offer(known.merge(update));
    } else {
      LOG.warn(
          "meta sent changes since version {}, this node has {}: following anew",
          update.getBaseVersion(),
          known.version());
      endWatch();
    }
  }

  private synchronized void watchEnded(long number, String member, @Nullable Throwable reason) {
    if (number == watchNumber) {
      watch = null;
      doubt(member);
      LOG.debug("following meta through {} ended: {}", member, String.valueOf(reason));
    }
  }

  private synchronized void endWatch() {
    Runnable running = watch;
    watch = null;
    watchNumber++;
    if (running != null) {
      running.run();
    }
  }

  void close() {
    endWatch();
  }

  /** See {@link MetaFollower#confirm}. */
  CompletableFuture<MetaView> confirm(
      java.util.function.Function<String, CompletableFuture<ReportAnswer>> askVersion) {
    if (leads()) {
      MetaGroup mine = replica;
      if (mine != null) {
        views.offer(mine.state());
      }
      return CompletableFuture.completedFuture(views.view());
    }
    String member = ask();
    if (member == null || member.equals(self)) {
      return CompletableFuture.failedFuture(unconfirmed("its leader is not known", null));
    }
    return askVersion
        .apply(member)
        .thenCompose(
            answer -> {
              heard(answer);
              // Whoever does not lead may lag behind as far as this node does.
              return views
                  .await(answer.getMapVersion())
                  .thenApply(view -> new Refreshed(view, answer.getIsMetaLeader()));
            })
        .orTimeout(REFRESH_MILLIS, TimeUnit.MILLISECONDS)
        .handle(
            (refreshed, failure) -> {
              if (failure != null) {
                throw unconfirmed("node " + member + " did not answer in time", failure);
              }
              if (!refreshed.byLeader()) {
                throw unconfirmed("node " + member + " does not lead it", null);
              }
              return refreshed.view();
            });
  }

  /** What came of asking a member. */
  private record Refreshed(MetaView view, boolean byLeader) {}

  private HengeException unconfirmed(String why, @Nullable Throwable cause) {
    return new HengeException(
        ErrorCode.UNAVAILABLE,
        "node " + self + " could not ask meta for news: " + why + "; try another node",
        cause);
  }

  // ---- Proposing ----

  /** See {@link NodeControl#propose}. */
  CompletableFuture<MetaResult> propose(MetaCommand command) {
    MetaCommand identified =
        command.hasRequestId()
            ? command
            : command.toBuilder()
                .setRequestId(
                    RequestId.newBuilder()
                        .setClientHigh(idHigh)
                        .setClientLow(idLow)
                        .setSequence(sequence.incrementAndGet()))
                .build();
    CompletableFuture<MetaResult> result = new CompletableFuture<>();
    attempt(identified, System.nanoTime() + PROPOSE_NANOS, result);
    return result;
  }

  private void attempt(
      MetaCommand command, long deadlineNanos, CompletableFuture<MetaResult> result) {
    String to = ask();
    CompletableFuture<MetaResult> attempt;
    if (leads()) {
      attempt = proposeHere(command);
    } else if (to == null || to.equals(self)) {
      attempt =
          CompletableFuture.failedFuture(
              new HengeException(ErrorCode.UNAVAILABLE, "the leader of meta is not known"));
    } else {
      attempt = peers.proposeMeta(to, command);
    }
    attempt.whenComplete(
        (answer, failure) -> {
          if (failure == null) {
            result.complete(answer);
            return;
          }
          HengeException known = Failures.known(failure);
          boolean retry = known.code().retry() != ErrorCode.Retry.NEVER;
          if (!retry || System.nanoTime() - deadlineNanos > 0) {
            result.completeExceptionally(
                retry
                    ? new HengeException(
                        ErrorCode.UNAVAILABLE,
                        "meta did not answer in time: " + known.getMessage(),
                        known)
                    : known);
            return;
          }
          if (to != null) {
            doubt(to);
          }
          threads.after(RETRY_MILLIS, () -> attempt(command, deadlineNanos, result));
        });
  }

  /** See {@link NodeControl#proposeHere}. */
  CompletableFuture<MetaResult> proposeHere(MetaCommand command) {
    MetaGroup mine = replica;
    if (mine == null || !mine.consensus().isLeader()) {
      return CompletableFuture.failedFuture(
          new HengeException(ErrorCode.NOT_LEADER, "node " + self + " does not lead meta"));
    }
    return mine.propose(command)
        .thenApply(
            done -> {
              views.offer(mine.state());
              return done;
            });
  }
}
