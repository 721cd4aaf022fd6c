package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Error;
import io.henge.api.v1.NodeRecord;
import io.henge.replication.shard.NotLeaderException;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.WriteOutcome;
import io.henge.router.Shard;
import io.henge.server.node.MetaFollower;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Errors that say where to go instead, as far as this node knows. Thread-safe. */
final class Referrals {
  private final String self;
  private final MetaFollower meta;
  private final RingView ring;

  Referrals(String self, MetaFollower meta, RingView ring) {
    this.self = self;
    this.meta = meta;
    this.ring = ring;
  }

  /** Of a replica that could not serve a read. */
  Error.Builder ofRead(HengeException failure, ShardReplica replica, Parsed parsed) {
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

  /** Of a write that had no effect, or an unknown one. */
  Error.Builder ofWrite(
      ErrorCode code, WriteOutcome outcome, ShardReplica replica, Parsed.Write parsed) {
    Error.Builder error =
        Answers.error(code, place(outcome, parsed) + outcome.message(), outcome.retryAfterMillis());
    error.setMutation(outcome.failedMutation());
    if (code == ErrorCode.NOT_LEADER) {
      addLeader(error, outcome.leader() != null ? outcome.leader() : replica.group().leader());
    } else if (code == ErrorCode.WRONG_SHARD) {
      addShards(error, replica, parsed);
    } else if (code == ErrorCode.INVALID_ARGUMENT) {
      Divided.explain(error, parsed, ring, meta.view().map());
    }
    return error;
  }

  /** Of several mutations: which one it is about. */
  private static String place(WriteOutcome outcome, Parsed.Write parsed) {
    int failed = outcome.failedMutation();
    int all = parsed.command().mutations().size();
    return failed < 0 || failed >= all || all == 1
        ? ""
        : "step " + (failed + 1) + " of " + all + ", in " + name(parsed, failed) + ": ";
  }

  private static String name(Parsed.Write parsed, int mutation) {
    int id = PhysicalKey.collectionId(parsed.command().mutations().get(mutation).key());
    return parsed.collections().stream()
        .filter(collection -> collection.id() == id)
        .map(CollectionInfo::name)
        .findFirst()
        .orElse("#" + Integer.toUnsignedString(id));
  }

  Error.Builder notLeader(@Nullable String leader) {
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

  Error.Builder wrongShard(Parsed.Place place, long asked) {
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
}
