package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.ChangeQuery;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * This node's replica of one shard. Thread-safe; nothing here blocks: requests may come straight
 * from an event loop. Completions run on the applying thread, on a reader thread, or on the
 * caller's.
 */
public interface ShardReplica extends AutoCloseable {
  ShardDescription description();

  ConsensusGroup group();

  /**
   * Queues a write, to be proposed at the next {@link #flush} together with whatever else is
   * waiting. Range and queue are checked first.
   *
   * @param deadlineNanos {@link System#nanoTime} after which nobody waits for the answer
   */
  void write(WriteCommand command, long deadlineNanos, Completion<WriteOutcome> completion);

  /**
   * Sources of copies that a write is going to lack, as far as that can be told from memory: if it
   * comes with them, it need not be proposed twice. A guess, which may leave some out.
   */
  default List<SourceKey> likelyLacking(WriteCommand command) {
    return List.of();
  }

  /** Proposes what is queued, unless a proposal is in flight: then it goes when that is done. */
  void flush();

  void read(ReadCommand command, long deadlineNanos, Completion<ReadOutcome> completion);

  void range(RangeCommand command, long deadlineNanos, Completion<ReadOutcome> completion);

  /**
   * Reads changes of documents: at once if there are any, else when there are, or when there is no
   * time left. Any replica that knows its range serves them, as far as it has come.
   *
   * @param untilNanos {@link System#nanoTime} up to which it may wait; in the past = not at all
   */
  default void changes(ChangeQuery query, long untilNanos, Completion<ChangesOutcome> completion) {
    completion.complete(
        new ChangesOutcome(
            new HengeException(ErrorCode.UNAVAILABLE, "this replica reads no changes"), null, -1));
  }

  /**
   * On the leader: holds what is derived from some documents against them. Fails with NOT_LEADER,
   * BUSY, WRONG_SHARD if it does not begin in the shard's range, UNAVAILABLE.
   *
   * @param from physical key to begin at; goes on with the {@code next} of the outcome's page
   * @param collectionId only what has to do with it; 0 = all
   * @param repair whether what is wrong is mended, by entries in the log
   */
  default CompletableFuture<VerifyOutcome> verify(byte[] from, int collectionId, boolean repair) {
    return CompletableFuture.failedFuture(
        new HengeException(ErrorCode.UNAVAILABLE, "this replica verifies nothing"));
  }

  /**
   * For followers that want to serve a read: the applied index, on a leader that holds its lease.
   * Fails with NOT_LEADER or UNAVAILABLE otherwise.
   */
  CompletableFuture<Long> readIndex(long deadlineNanos);

  /** On the leader: makes collections known to the shard; done once it is replicated. */
  CompletableFuture<Void> installCatalogue(List<CollectionInfo> collections);

  /** Whether the shard knows this version of the catalogue's collection. */
  boolean knows(CollectionInfo collection);

  /** On the leader: gives up the lease in the log and hands leadership over. */
  CompletableFuture<Void> transferLeadership(String nodeId);

  /**
   * On the leader: proposes a step of a split or a merge, in order with writes. Fails with
   * NOT_LEADER or BUSY (certainly not applied), UNAVAILABLE (unknown: ask {@link #state} of whoever
   * leads, or repeat it).
   */
  CompletableFuture<ReshapeOutcome> reshape(ReshapeCommand command);

  /**
   * On the leader: proposes commands of the workers of declared copies, all of one kind, as one
   * entry. Fails as {@link #reshape}, and with INVALID_ARGUMENT if they are too many or too large.
   */
  CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands);

  /**
   * On the leader of a shard that an operation has frozen: rows as they are stored. Fails with
   * NOT_LEADER, BUSY, or CONDITION_FAILED if the operation has not frozen it.
   *
   * @param after position of the last row that was copied: empty = from the beginning; see {@link
   *     io.henge.replication.statemachine.ReshapeCommand.AbsorbRows}
   * @param bytesMax about as many bytes of keys and values, at most 2 MB; one row always fits
   */
  CompletableFuture<FrozenPage> frozenRows(long operationId, byte[] after, int bytesMax);

  /**
   * On the leader of a shard that an operation has frozen: a digest of all rows. Reads them all.
   */
  CompletableFuture<FrozenDigest> frozenDigest(long operationId);

  /** The shard as of the last entry applied here. */
  ShardState state();

  /** Shards that were split off this one and may not be known elsewhere yet. */
  default List<Child> children() {
    return state().reshaping().children();
  }

  ReplicaStatistics statistics();

  default DocumentFigures documents() {
    return DocumentFigures.NONE;
  }

  /** Where the load of reads and writes that came to this replica lies. Takes a millisecond. */
  default LoadShape load() {
    return LoadShape.UNKNOWN;
  }

  /**
   * Whom to tell how long proposals take from now on; {@link EntryMeter#NONE} = nobody. What apply
   * costs is measured around the state machine: inside it there is no clock.
   */
  void measure(EntryMeter meter);

  @Override
  void close();
}
