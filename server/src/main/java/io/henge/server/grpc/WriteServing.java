package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.v1.DocumentForm;
import io.henge.replication.shard.Completion;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteOutcome;
import io.henge.server.copies.SourceFinder;
import io.henge.server.node.MetaFollower;
import io.henge.server.node.Replicas;
import java.util.ArrayList;
import java.util.List;

/**
 * Serves writes by replicas of this node: has the shard learn of their collections, finds what
 * their documents copy from other shards, and answers. Thread-safe; never blocks.
 */
final class WriteServing {
  /** How often a write is proposed again because it lacks sources: others may appear meanwhile. */
  private static final int SEARCHES_MAX = 4;

  private final String self;
  private final Replicas replicas;
  private final MetaFollower meta;
  private final SourceFinder sources;
  private final Referrals referrals;
  private final Rerouting rerouting;

  WriteServing(
      String self,
      Replicas replicas,
      MetaFollower meta,
      SourceFinder sources,
      Referrals referrals,
      Rerouting rerouting) {
    this.self = self;
    this.replicas = replicas;
    this.meta = meta;
    this.sources = sources;
    this.referrals = referrals;
    this.rerouting = rerouting;
  }

  void serve(Exchange exchange, Parsed.Write write, ShardReplica replica, Dispatch dispatch) {
    for (CollectionInfo collection : write.collections()) {
      if (!replica.knows(collection)) {
        installThenServe(exchange, write, replica);
        return;
      }
    }
    begin(exchange, write, replica, dispatch);
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
                Dispatch dispatch = new Dispatch();
                begin(exchange, write, replica, dispatch);
                dispatch.flush();
              }
              exchange.flush();
            });
  }

  /** What it is likely to lack is found first: a write that is proposed twice costs two entries. */
  private void begin(
      Exchange exchange, Parsed.Write write, ShardReplica replica, Dispatch dispatch) {
    WriteDone done = new WriteDone(exchange, write, replica);
    List<SourceKey> lacking = replica.likelyLacking(write.command());
    if (lacking.isEmpty()) {
      replica.write(write.command(), exchange.deadlineNanos, done);
      dispatch.touched(replica);
    } else {
      done.search(lacking, false);
      dispatch.touched(sources);
    }
  }

  private final class WriteDone implements Completion<WriteOutcome> {
    private final Exchange exchange;
    private final Parsed.Write parsed;
    private final ShardReplica replica;

    /** Sources of copies that have been found for it. */
    private List<CopySource> found = List.of();

    private int searches;

    /** Whether something was wished for, and not asked for yet. Of the completing thread. */
    private boolean wishes;

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
          rerouting.offload(
              () -> {
                answer(outcome, form);
                exchange.flush();
              });
        } else {
          answer(outcome, form);
        }
      } else if (code == ErrorCode.STALE_CATALOGUE && !exchange.reinstalled) {
        exchange.reinstalled = true;
        // Not on the applying thread: the catalogue's own entry has to be applied there.
        meta.refresh()
            .thenCompose(view -> replicas.installCatalogue(replica))
            .whenComplete((done, failure) -> rerouting.again(exchange));
      } else if (code == ErrorCode.WRONG_SHARD && rerouting.mayGoAgain(exchange)) {
        rerouting.again(exchange);
      } else if (!outcome.missing().isEmpty() && searches < SEARCHES_MAX) {
        searches++;
        wishes = true;
        search(outcome.missing(), true);
      } else {
        exchange.fail(referrals.ofWrite(code, outcome, replica, parsed));
      }
    }

    private void answer(WriteOutcome outcome, DocumentForm form) {
      exchange.serve(
          exchange.response().setWrite(Answers.written(outcome, form)),
          replica,
          self,
          replica.group().committedIndex(),
          0);
    }

    /**
     * Has sources found, and proposes the write with them. To be followed by a flush of whoever
     * finds them.
     *
     * @param again whether it has been proposed without them, and so had no effect
     */
    void search(List<SourceKey> lacking, boolean again) {
      exchange.step("sources of copies are read from their shards");
      sources.find(
          new SourceFinder.Wish(
              replica.state(),
              lacking,
              EntryCodec.bytesMax(parsed.command()),
              again,
              exchange.deadlineNanos),
          new SourcesFound(this));
    }

    private void propose(List<CopySource> more) {
      List<CopySource> all = new ArrayList<>(found);
      all.addAll(more);
      found = all;
      replica.write(parsed.command().withSources(all), exchange.deadlineNanos, this);
    }

    @Override
    public void flush() {
      if (wishes) {
        wishes = false;
        sources.flush();
      }
      exchange.flush();
    }
  }

  /** Takes what a write has lacked. */
  private record SourcesFound(WriteDone write) implements Completion<SourceFinder.Found> {
    @Override
    public void complete(SourceFinder.Found found) {
      if (found.failure() != null) {
        write.exchange.fail(found.failure());
      } else {
        write.propose(found.sources());
      }
    }

    @Override
    public void flush() {
      write.replica.flush();
      write.exchange.flush();
    }
  }
}
