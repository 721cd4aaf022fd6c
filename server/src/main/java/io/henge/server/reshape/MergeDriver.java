package io.henge.server.reshape;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.FreezeRequest;
import io.henge.api.internal.v1.FreezeResponse;
import io.henge.api.internal.v1.FreezeStep;
import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.MergeShardResponse;
import io.henge.api.internal.v1.ReadFrozenRequest;
import io.henge.api.internal.v1.ReadFrozenResponse;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.internal.v1.TrimShardRequest;
import io.henge.engine.KeySpace;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.RawRow;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.Reshaping;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.server.node.Catalogue;
import io.henge.server.node.LocalShard;
import io.henge.server.node.ReshapeStep;
import io.henge.server.node.ShardReshaper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the right neighbour of a shard that is led here into it, or takes that back. Goes on from
 * what both shards have replicated. Blocks; one run for each shard at a time.
 */
final class MergeDriver {
  private static final Logger LOG = LoggerFactory.getLogger(MergeDriver.class);
  private static final Duration STEP = Duration.ofSeconds(70);
  private static final long PAGE_BYTES = 1 << 20;

  private final LocalShard left;
  private final ShardReshaper right;
  private final LongFunction<@Nullable ShardRow> rows;
  private final ReshapeStep.Hook steps;
  private final MergeShardRequest request;
  private final BooleanSupplier cancelled;

  /**
   * A merge.
   *
   * @param right the node that leads the right neighbour
   * @param rows what meta knows of shards
   * @param cancelled looked at between pages: ends the run, which can be gone on with
   */
  MergeDriver(
      LocalShard left,
      ShardReshaper right,
      LongFunction<@Nullable ShardRow> rows,
      ReshapeStep.Hook steps,
      MergeShardRequest request,
      BooleanSupplier cancelled) {
    this.left = left;
    this.right = right;
    this.rows = rows;
    this.steps = steps;
    this.request = request;
    this.cancelled = cancelled;
  }

  private long operation() {
    return request.getOperationId();
  }

  private Reshaping reshaping() {
    return left.machine().state().reshaping();
  }

  MergeShardResponse run() {
    SplitDriver.requireLeading(left);
    Reshaping.Operation last = reshaping().lastOperation();
    if (last != null && last.id() == operation()) {
      return last.done() ? merged() : aborted();
    }
    if (last != null && Long.compareUnsigned(last.id(), operation()) > 0) {
      throw new HengeException(
          ErrorCode.CONDITION_FAILED,
          "operation "
              + operation()
              + " is over: shard "
              + left.id()
              + " has done "
              + last.id()
              + " since");
    }
    return request.getAbort() ? abort() : merge();
  }

  // ---- Forwards ----

  private MergeShardResponse merge() {
    Reshaping.Absorbing absorbing = begun();
    steps.reached(ReshapeStep.MERGE_BEGUN, left.id());
    FreezeResponse frozen = freeze(FreezeStep.FREEZE_STEP_FREEZE);
    steps.reached(ReshapeStep.MERGE_FROZEN, left.id());
    requireMergeable(absorbing.neighbour(), frozen);
    copy();
    steps.reached(ReshapeStep.MERGE_COPIED, left.id());
    FreezeResponse sealed = freeze(FreezeStep.FREEZE_STEP_SEAL);
    steps.reached(ReshapeStep.MERGE_SEALED, left.id());
    Waiting.step(
        left.replica(),
        new ReshapeCommand.AbsorbCommit(
            operation(),
            sealed.getEpoch(),
            sealed.getTimeMillis(),
            sealed.getVersion(),
            catalogue(sealed),
            sealed.getRows(),
            sealed.getChecksum(),
            sealed.getReadyList()));
    steps.reached(ReshapeStep.MERGE_DECIDED, left.id());
    LOG.info("shard {} has absorbed shard {}", left.id(), request.getAbsorbedId());
    return merged();
  }

  private static List<CollectionInfo> catalogue(FreezeResponse sealed) {
    return Catalogue.of(0, sealed.getCollectionsList()).all();
  }

  private Reshaping.Absorbing begun() {
    Reshaping.Absorbing under = reshaping().absorbing();
    if (under != null) {
      requireOurs(under);
      return under;
    }
    if (reshaping().untrimmed() != null) {
      TrimDriver.trim(left, TrimShardRequest.newBuilder().setShardId(left.id()).build());
    }
    ShardRow row = rows.apply(request.getAbsorbedId());
    if (row == null || row.getRemoved()) {
      throw new HengeException(
          ErrorCode.NOT_FOUND, "there is no shard " + request.getAbsorbedId() + " to absorb");
    }
    Waiting.step(
        left.replica(),
        new ReshapeCommand.Absorb(
            operation(),
            new ShardDescription(
                row.getShardId(),
                row.getEpoch(),
                row.getStart().toByteArray(),
                row.getEnd().toByteArray())));
    under = reshaping().absorbing();
    if (under == null) {
      throw new HengeException(
          ErrorCode.UNAVAILABLE, "shard " + left.id() + " has changed meanwhile; ask again");
    }
    requireOurs(under);
    LOG.info(
        "shard {} begins to absorb shard {} (operation {})",
        left.id(),
        request.getAbsorbedId(),
        operation());
    return under;
  }

  private void requireOurs(Reshaping.Absorbing under) {
    if (under.operationId() != operation()) {
      throw new HengeException(
          ErrorCode.CONDITION_FAILED,
          "shard "
              + left.id()
              + " is absorbing shard "
              + under.neighbour().shardId()
              + " (operation "
              + under.operationId()
              + ")");
    }
  }

  private FreezeResponse freeze(FreezeStep step) {
    return Waiting.on(
        right.freeze(
            FreezeRequest.newBuilder()
                .setOperationId(operation())
                .setShardId(request.getAbsorbedId())
                .setIntoShardId(left.id())
                .setStep(step)
                .build()),
        STEP);
  }

  /** It may have been cut, or have grown, since meta last heard of it. */
  private void requireMergeable(ShardDescription expected, FreezeResponse frozen) {
    boolean same =
        frozen.getEpoch() == expected.epoch()
            && Arrays.equals(frozen.getStart().toByteArray(), expected.start())
            && Arrays.equals(frozen.getEnd().toByteArray(), expected.end());
    String why = null;
    if (!same) {
      why = "its range has changed since";
    } else if (request.getLiveBytesMax() != 0
        && frozen.getLiveBytes() > request.getLiveBytesMax()) {
      why =
          "it holds about "
              + frozen.getLiveBytes()
              + " bytes, more than the "
              + request.getLiveBytesMax()
              + " that may be merged (setting merge-bytes-max)";
    }
    if (why != null) {
      abort();
      throw new HengeException(
          ErrorCode.CONDITION_FAILED,
          "shard " + request.getAbsorbedId() + " cannot be merged: " + why);
    }
  }

  private void copy() {
    while (true) {
      Reshaping.Absorbing under = reshaping().absorbing();
      if (under == null) {
        throw new HengeException(
            ErrorCode.CONDITION_FAILED, "the merge into shard " + left.id() + " was taken back");
      }
      if (Arrays.equals(under.position(), ReshapeCommand.AbsorbRows.END)) {
        return;
      }
      if (cancelled.getAsBoolean()) {
        throw new HengeException(ErrorCode.UNAVAILABLE, "the merge is being taken back");
      }
      SplitDriver.requireLeading(left);
      ReadFrozenResponse page =
          Waiting.on(
              right.readFrozen(
                  ReadFrozenRequest.newBuilder()
                      .setOperationId(operation())
                      .setShardId(request.getAbsorbedId())
                      .setAfter(ByteString.copyFrom(under.position()))
                      .setBytesMax(PAGE_BYTES)
                      .build()),
              STEP);
      put(under.position(), page);
      steps.reached(ReshapeStep.MERGE_PAGE, left.id());
    }
  }

  private void put(byte[] from, ReadFrozenResponse page) {
    List<RawRow> all = new ArrayList<>();
    byte[] position = from;
    for (int i = 0; i < page.getKeysCount(); i++) {
      byte[] key = page.getKeys(i).toByteArray();
      all.add(
          new RawRow(
              space(key), Arrays.copyOfRange(key, 1, key.length), page.getValues(i).toByteArray()));
      position = key;
    }
    if (!page.getEnd() && all.isEmpty()) {
      throw new HengeException(ErrorCode.INTERNAL, "a page without rows that is not the last");
    }
    byte[] to = page.getEnd() ? ReshapeCommand.AbsorbRows.END : position;
    Waiting.step(left.replica(), new ReshapeCommand.AbsorbRows(operation(), from, to, all));
  }

  private static KeySpace space(byte[] key) {
    for (KeySpace space : KeySpace.values()) {
      if (key.length > 0 && space.code() == key[0]) {
        return space;
      }
    }
    throw new HengeException(ErrorCode.CORRUPTION, "a row of no known kind");
  }

  private MergeShardResponse merged() {
    ShardDescription range = left.machine().state().shard();
    return MergeShardResponse.newBuilder()
        .setMerged(true)
        .setEpoch(range == null ? 0 : range.epoch())
        .build();
  }

  // ---- Back ----

  private MergeShardResponse abort() {
    ReshapeOutcome outcome =
        Waiting.tried(left.replica(), new ReshapeCommand.AbsorbAbort(operation()));
    Reshaping.Operation last = reshaping().lastOperation();
    if (last != null && last.id() == operation() && last.done()) {
      return merged();
    }
    if (!outcome.isDone()) {
      throw new HengeException(
          ErrorCode.CONDITION_FAILED,
          "the merge into shard " + left.id() + " cannot be taken back: " + outcome.message());
    }
    LOG.info("the merge of shard {} into {} is taken back", request.getAbsorbedId(), left.id());
    return aborted();
  }

  /** Only now may the neighbour take writes again; it may have to be asked again. */
  private MergeShardResponse aborted() {
    freeze(FreezeStep.FREEZE_STEP_THAW);
    return MergeShardResponse.newBuilder().setAborted(true).build();
  }
}
