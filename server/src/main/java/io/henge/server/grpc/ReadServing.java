package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.Request;
import io.henge.api.v1.VerifyResponse;
import io.henge.replication.shard.ChangesOutcome;
import io.henge.replication.shard.Completion;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.ChangePage;
import io.henge.server.copies.CopyReport;
import io.henge.server.copies.CopyReporter;
import io.henge.server.copies.CopyVerification;
import io.henge.server.node.Replicas;
import io.henge.server.node.RequestObserver;
import java.util.concurrent.CompletableFuture;

/**
 * Serves whatever reads by replicas of this node: items, ranges, finds, changes, verification.
 * Thread-safe; never blocks.
 */
final class ReadServing {
  /** Time for an answer to travel. */
  private static final long ANSWER_NANOS = 200_000_000;

  private final String self;
  private final Replicas replicas;
  private final RequestObserver observer;
  private final Referrals referrals;
  private final Rerouting rerouting;
  private final CopyReporter copies;
  private final CopyVerification verification;

  ReadServing(
      String self,
      Replicas replicas,
      RequestObserver observer,
      Referrals referrals,
      Rerouting rerouting,
      CopyReporter copies,
      CopyVerification verification) {
    this.copies = copies;
    this.verification = verification;
    this.self = self;
    this.replicas = replicas;
    this.observer = observer;
    this.referrals = referrals;
    this.rerouting = rerouting;
  }

  /**
   * @param parsed anything but a write
   */
  void serve(Exchange exchange, Parsed parsed, ShardReplica replica) {
    if (parsed.tellsOfCopies()) {
      // Before the read: what had reached all copies when it was found out, it sees.
      copies
          .recent()
          .thenAccept(report -> read(exchange, parsed, replica, report))
          .exceptionally(
              failure -> {
                exchange.fail(Answers.known(failure));
                exchange.flush();
                return null;
              });
    } else if (parsed instanceof Parsed.Changes changes) {
      serve(exchange, changes, replica);
    } else if (parsed instanceof Parsed.Verify verify) {
      serve(exchange, verify, replica);
    } else {
      read(exchange, parsed, replica, CopyReport.NONE);
    }
  }

  private void read(Exchange exchange, Parsed parsed, ShardReplica replica, CopyReport report) {
    ReadDone done = new ReadDone(exchange, parsed, replica, report);
    if (parsed instanceof Parsed.Read read) {
      replica.read(read.command(), exchange.deadlineNanos, done);
    } else if (parsed instanceof Parsed.Range range) {
      replica.range(range.command(), exchange.deadlineNanos, done);
    } else if (parsed instanceof Parsed.Find find) {
      replica.range(find.command(), exchange.deadlineNanos, done);
    }
  }

  private void serve(Exchange exchange, Parsed.Verify verify, ShardReplica replica) {
    CompletableFuture<VerifyResponse> found =
        verify.stage().length == 0
            ? replica
                .verify(verify.from(), verify.collectionId(), verify.repair())
                .thenApply(VerifyAnswer::of)
            : verification
                .verify(verify.from(), verify.stage(), verify.collectionId(), verify.repair())
                .thenApply(VerifyAnswer::of);
    found.whenComplete(
        (answer, failure) -> {
          if (failure == null) {
            exchange.serve(exchange.response().setVerify(answer), replica, self, 0, 0);
          } else {
            HengeException why = Answers.known(failure);
            if (why.code() == ErrorCode.WRONG_SHARD && rerouting.mayGoAgain(exchange)) {
              rerouting.again(exchange);
            } else {
              exchange.fail(referrals.ofRead(why, replica, verify));
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
          && rerouting.mayGoAgain(exchange)) {
        rerouting.again(exchange);
      } else if (failure != null) {
        exchange.fail(referrals.ofRead(failure, replica, parsed));
      }
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
    private final CopyReport report;

    ReadDone(Exchange exchange, Parsed parsed, ShardReplica replica, CopyReport report) {
      this.report = report;
      this.exchange = exchange;
      this.parsed = parsed;
      this.replica = replica;
    }

    @Override
    public void complete(ReadOutcome outcome) {
      HengeException failure = outcome.error();
      if (failure == null && Heavy.isHeavy(outcome.items(), form())) {
        rerouting.offload(
            () -> {
              served(outcome);
              exchange.flush();
            });
      } else if (failure == null) {
        served(outcome);
      } else if (failure.code() == ErrorCode.WRONG_SHARD && rerouting.mayGoAgain(exchange)) {
        rerouting.again(exchange);
      } else if (!parsed.leaderOnly() && mayGoOn(failure)) {
        exchange.step("not fresh enough here: " + failure.getMessage());
        rerouting.passOn(exchange, parsed.place(), replica);
      } else {
        exchange.fail(referrals.ofRead(failure, replica, parsed));
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
        CopyInfos infos = CopyInfos.of(outcome, report);
        if (parsed instanceof Parsed.Range range) {
          response.setRange(
              Answers.range(range, outcome, exchange.request.getRange().getDocumentForm(), infos));
        } else if (parsed instanceof Parsed.Find find) {
          FindResponse page = find.find().answer(outcome, infos);
          observer.found(page.getRowsLookedAt(), page.getItemsCount());
          response.setFind(page);
        } else {
          response.setRead(
              Answers.read(outcome, exchange.request.getRead().getDocumentForm(), infos));
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
          && exchange.request.getHops() < RequestHandler.HOPS_MAX;
    }

    @Override
    public void flush() {
      exchange.flush();
    }
  }
}
