package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.replication.statemachine.FamilyPlace;
import io.henge.replication.statemachine.TotalsScan;
import io.henge.replication.statemachine.Verifier;
import io.henge.replication.statemachine.VerifyPage;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes over all sources of large families, each over a snapshot of its own, in slices on the
 * reader threads; what is wrong is then counted anew. A pass works until it is done, whoever waits
 * for it: nobody holds a snapshot that he does not go on with, and who asks again joins it. When
 * this replica does not lead any more, or is closed, they end and their snapshots are given back.
 * Thread-safe.
 */
final class TotalsPasses implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TotalsPasses.class);
  private static final int PASSES_MAX = 4;

  /** A slow pass rests so much longer than it works. */
  private static final long REST = 19;

  private static final long REST_NANOS_MAX = 250_000_000;
  private static final long BUSY_NANOS = 50_000_000;

  /** A result that nobody has asked for by then is forgotten. */
  private static final long KEPT_NANOS = 10_000_000_000L;

  private final ReplicaEnvironment environment;
  private final ShardStore store;
  private final Proposer proposer;
  private final Mending mending;
  private final long nanosMax;
  private final Map<String, Pass> passes = new HashMap<>();
  private boolean closed;

  /**
   * @param nanosMax a pass that takes longer is given up
   */
  TotalsPasses(
      ReplicaEnvironment environment,
      ShardStore store,
      Proposer proposer,
      Mending mending,
      long nanosMax) {
    this.environment = environment;
    this.store = store;
    this.proposer = proposer;
    this.mending = mending;
    this.nanosMax = nanosMax;
  }

  /**
   * What became of a pass.
   *
   * @param mended totals that were counted anew
   */
  record Outcome(VerifyPage page, int mended) {}

  /**
   * What is asked for: who asks for the same joins the same pass.
   *
   * @param repair whether totals that are wrong are counted anew
   * @param slow whether it is to leave the machine to others
   */
  record Question(FamilyPlace place, int collectionId, boolean repair, boolean slow) {
    private String name() {
      return HexFormat.of().formatHex(place.encode())
          + "/"
          + collectionId
          + (repair ? "/repair" : "")
          + (slow ? "/slow" : "");
    }
  }

  /**
   * Joins a pass, or begins it.
   *
   * @return fails with NOT_LEADER, BUSY, UNAVAILABLE
   */
  CompletableFuture<Outcome> join(Question question) {
    String name = question.name();
    Pass pass;
    boolean begins = false;
    synchronized (passes) {
      forgetOld();
      pass = passes.get(name);
      if (pass == null) {
        if (closed || passes.size() >= PASSES_MAX) {
          return CompletableFuture.failedFuture(
              closed
                  ? Refusals.notLeader(null)
                  : Refusals.readersBusy(environment.limits().retryAfterMillis()));
        }
        pass = new Pass(name, question);
        passes.put(name, pass);
        begins = true;
      }
    }
    if (begins) {
      pass.next(0);
    }
    return pass.result;
  }

  /** Its result has been taken. */
  void taken(CompletableFuture<Outcome> result) {
    synchronized (passes) {
      passes.values().removeIf(pass -> pass.result == result);
    }
  }

  private void forgetOld() {
    long now = environment.nanoTime().getAsLong();
    passes.values().removeIf(pass -> pass.result.isDone() && now - pass.endedNanos >= KEPT_NANOS);
  }

  /** From time to time: ends passes of a leadership that is over. */
  void tick() {
    if (!proposer.isLeading()) {
      endAll();
    }
  }

  private void endAll() {
    Pass[] all;
    synchronized (passes) {
      all = passes.values().toArray(new Pass[0]);
      passes.clear();
    }
    for (Pass pass : all) {
      pass.end(Refusals.notLeader(null));
    }
  }

  @Override
  public void close() {
    synchronized (passes) {
      closed = true;
    }
    endAll();
  }

  /** One pass. Its monitor is held while a slice is worked on, some milliseconds. */
  private final class Pass {
    private final String name;
    private final Question question;
    private final long begunNanos = environment.nanoTime().getAsLong();
    private final CompletableFuture<Outcome> result = new CompletableFuture<>();
    private volatile long endedNanos;
    private @Nullable TotalsScan scan;
    private boolean ended;

    Pass(String name, Question question) {
      this.name = name;
      this.question = question;
    }

    /** Has the next slice worked on, after a while. */
    void next(long nanos) {
      try {
        if (nanos > 0) {
          environment.timer().schedule(() -> next(0), nanos, TimeUnit.NANOSECONDS);
        } else {
          environment.readers().execute(this::slice);
        }
      } catch (RejectedExecutionException e) {
        if (nanos > 0) {
          end(new HengeException(ErrorCode.UNAVAILABLE, "the node is stopping"));
        } else {
          // The readers have enough to do.
          next(BUSY_NANOS);
        }
      }
    }

    private void slice() {
      long began = environment.nanoTime().getAsLong();
      try {
        if (!proposer.isLeading()) {
          end(Refusals.notLeader(null));
        } else if (isOpen() && work(began)) {
          long took = environment.nanoTime().getAsLong() - began;
          next(question.slow() ? Math.max(1, Math.min(REST_NANOS_MAX, REST * took)) : 0);
        }
      } catch (StoreClosedException e) {
        end(new HengeException(ErrorCode.UNAVAILABLE, "the replica is being closed", e));
      } catch (RuntimeException e) {
        LOG.warn("a pass over the totals of a large family failed", e);
        end(e);
      }
    }

    /** Whoever closes the store waits for this pass: so it looks each time. */
    private boolean isOpen() {
      store.latest().close();
      return true;
    }

    /** False if there is no more to do. */
    private boolean work(long nowNanos) {
      TotalsScan.Result found;
      synchronized (this) {
        if (ended) {
          return false;
        }
        TotalsScan working = scan;
        if (working == null) {
          working = begin();
          scan = working;
        }
        if (nowNanos - begunNanos > nanosMax) {
          LOG.warn("a pass over the totals of a large family took too long and was given up");
          found = working.givenUp();
        } else if (working.step()) {
          return true;
        } else {
          found = working.result();
        }
      }
      giveBack();
      mend(found);
      return false;
    }

    private void mend(TotalsScan.Result found) {
      if (!question.repair() || found.damaged().isEmpty()) {
        complete(found, 0);
        return;
      }
      mending
          .totals(question.place().family(), found.damaged())
          .whenComplete(
              (count, failure) -> {
                if (failure == null) {
                  complete(found, count);
                } else {
                  end(failure);
                }
              });
    }

    private void complete(TotalsScan.Result found, int mended) {
      endedNanos = environment.nanoTime().getAsLong();
      result.complete(new Outcome(found.page(), mended));
    }

    private TotalsScan begin() {
      ReadView view = store.snapshot();
      try {
        return Verifier.totals(view, question.place(), question.collectionId());
      } catch (RuntimeException e) {
        view.close();
        throw e;
      }
    }

    private void end(Throwable why) {
      giveBack();
      synchronized (passes) {
        passes.remove(name, this);
      }
      result.completeExceptionally(why);
    }

    private synchronized void giveBack() {
      TotalsScan working = scan;
      scan = null;
      ended = true;
      if (working != null) {
        working.close();
      }
    }
  }
}
