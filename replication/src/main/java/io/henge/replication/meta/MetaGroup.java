package io.henge.replication.meta;

import com.google.protobuf.UnknownFieldSet;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.RequestId;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.router.meta.Levels;
import io.henge.router.meta.MetaState;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * This node's replica of the meta shard, in use. Thread-safe; nothing here blocks.
 *
 * <p>Reading is local: {@link #state} may be behind the leader's, and its version says how far.
 */
public final class MetaGroup {
  private final ConsensusGroup group;
  private final MetaStateMachine machine;
  private final long proposer;
  private final long clientLow;
  private final LongSupplier clockMillis;
  private final AtomicLong sequence = new AtomicLong();

  /**
   * Puts the two together.
   *
   * @param machine the one that the group drives
   * @param nodeId incarnation id of this node, 16 hex digits
   * @param life a random number, another one in each life of the process: with the node id it makes
   *     request ids that were never used before
   * @param clockMillis milliseconds since 1970
   */
  public MetaGroup(
      ConsensusGroup group,
      MetaStateMachine machine,
      String nodeId,
      long life,
      LongSupplier clockMillis) {
    this.group = group;
    this.machine = machine;
    this.proposer = EntryHeader.node(nodeId);
    this.clientLow = life;
    this.clockMillis = clockMillis;
  }

  /** The state after the last entry applied on this node. */
  public MetaState state() {
    return machine.state();
  }

  public MetaStateMachine machine() {
    return machine;
  }

  public ConsensusGroup consensus() {
    return group;
  }

  public boolean isLeader() {
    return group.isLeader();
  }

  /** Node id of the leader, if known. */
  public @Nullable String leader() {
    return group.leader();
  }

  /** An identity for a new command of this node; keep it for retries. */
  public RequestId nextRequestId() {
    return RequestId.newBuilder()
        .setClientHigh(proposer)
        .setClientLow(clientLow)
        .setSequence(sequence.incrementAndGet())
        .build();
  }

  /**
   * Proposes a command, on the leader. A refusal by the state is a result with a code, not an
   * exception. The future fails with a {@link HengeException}: NOT_LEADER and BUSY (no effect),
   * INVALID_ARGUMENT (no effect: the command has fields that this version does not know, or is too
   * large), CONDITION_FAILED (no effect: the cluster's feature level is too low), UNAVAILABLE (it
   * may still take effect: ask again under the same request id).
   */
  public CompletableFuture<MetaResult> propose(MetaCommand command) {
    if (!group.isLeader()) {
      return CompletableFuture.failedFuture(
          new HengeException(ErrorCode.NOT_LEADER, "this node does not lead the meta shard"));
    }
    MetaCommand known = withKnownNodeFields(command);
    String unknown = MetaEntry.unknownField(known);
    if (unknown != null) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "the command has fields that this node does not know (in "
                  + unknown
                  + "): upgrade every node before you use them"));
    }
    // A level that is seen here has been reached for ever; one that is behind only asks again.
    int level = state().cluster().getFeatureLevel();
    int needed = Levels.needed(known);
    if (Integer.compareUnsigned(level, needed) < 0) {
      return CompletableFuture.failedFuture(
          new HengeException(ErrorCode.CONDITION_FAILED, Levels.refusal(level, needed)));
    }
    byte[] entry =
        new MetaEntry(
                proposer, group.term(), sequence.incrementAndGet(), clockMillis.getAsLong(), known)
            .encode();
    if (entry.length > group.entryBytesMax()) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "the command has " + entry.length + " bytes, the limit is " + group.entryBytesMax()));
    }
    return group.propose(entry, null).thenApply(MetaGroup::result);
  }

  private static MetaResult result(@Nullable Object result) {
    if (result instanceof MetaResult known) {
      return known;
    }
    throw new HengeException(
        ErrorCode.INTERNAL, "the meta shard answered a command with " + result);
  }

  /**
   * A node of a newer version may say more of itself than this one knows: it enters with what is
   * known, so that all replicas store the same.
   */
  private static MetaCommand withKnownNodeFields(MetaCommand command) {
    MetaCommand.Builder known = command.toBuilder();
    if (command.hasRegisterNode()) {
      strip(known.getRegisterNodeBuilder().getNodeBuilder());
    } else if (command.hasFormCluster()) {
      strip(known.getFormClusterBuilder().getFirstNodeBuilder());
    }
    return known.build();
  }

  private static void strip(NodeRecord.Builder node) {
    node.setUnknownFields(UnknownFieldSet.getDefaultInstance());
  }

  /**
   * The result of a command that must have taken effect.
   *
   * @throws HengeException with the code and message of the refusal
   */
  public static MetaResult requireDone(MetaResult result) {
    if (result.getCode() != 0) {
      throw new HengeException(ErrorCode.of(result.getCode()), result.getMessage());
    }
    return result;
  }
}
