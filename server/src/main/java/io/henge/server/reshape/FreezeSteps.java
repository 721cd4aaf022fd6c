package io.henge.server.reshape;

import com.google.protobuf.ByteString;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.FreezeRequest;
import io.henge.api.internal.v1.FreezeResponse;
import io.henge.api.internal.v1.ReadFrozenRequest;
import io.henge.api.internal.v1.ReadFrozenResponse;
import io.henge.replication.shard.FrozenDigest;
import io.henge.replication.shard.FrozenPage;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.RawRow;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.Spaces;
import io.henge.server.node.Catalogue;
import io.henge.server.node.LocalShard;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/** The right shard of a merge, led here: freezes, seals, thaws it and gives its rows away. */
final class FreezeSteps {
  private static final Duration DIGEST = Duration.ofSeconds(60);
  private static final int PAGE_BYTES_MAX = 2 << 20;

  private FreezeSteps() {}

  /** Blocks. */
  static FreezeResponse take(LocalShard shard, FreezeRequest request) {
    SplitDriver.requireLeading(shard);
    long operation = request.getOperationId();
    switch (request.getStep()) {
      case FREEZE_STEP_FREEZE -> {
        Waiting.step(
            shard.replica(), new ReshapeCommand.Freeze(operation, request.getIntoShardId()));
        return response(shard).build();
      }
      case FREEZE_STEP_SEAL -> {
        // Before the seal, since nobody serves the range from there on.
        FrozenDigest digest = Waiting.on(shard.replica().frozenDigest(operation), DIGEST);
        Waiting.step(shard.replica(), new ReshapeCommand.Seal(operation));
        return sealed(shard, digest);
      }
      case FREEZE_STEP_THAW -> {
        Waiting.step(shard.replica(), new ReshapeCommand.Thaw(operation));
        return response(shard).build();
      }
      default ->
          throw HengeException.invalid(
              "step: freeze, seal or thaw expected, found " + request.getStep());
    }
  }

  private static FreezeResponse.Builder response(LocalShard shard) {
    ShardState state = shard.machine().state();
    FreezeResponse.Builder response =
        FreezeResponse.newBuilder().setTimeMillis(state.timeMillis()).setVersion(state.version());
    ShardDescription range = state.shard();
    if (range != null) {
      response
          .setEpoch(range.epoch())
          .setStart(ByteString.copyFrom(range.start()))
          .setEnd(ByteString.copyFrom(range.end()))
          .setLiveBytes(Spaces.approximateBytes(shard.store(), range.start(), range.end()));
    }
    return response;
  }

  private static FreezeResponse sealed(LocalShard shard, FrozenDigest digest) {
    FreezeResponse.Builder response =
        response(shard)
            .setEpoch(digest.epoch())
            .setTimeMillis(digest.timeMillis())
            .setVersion(digest.version())
            .setRows(digest.rows())
            .setChecksum(digest.checksum())
            .addAllReady(digest.ready());
    for (CollectionInfo collection : digest.catalogue()) {
      response.addCollections(Catalogue.record(collection));
    }
    return response.build();
  }

  /** Nothing blocks. */
  static CompletableFuture<ReadFrozenResponse> read(LocalShard shard, ReadFrozenRequest request) {
    SplitDriver.requireLeading(shard);
    int bytes = (int) Math.min(PAGE_BYTES_MAX, Math.max(1, request.getBytesMax()));
    return shard
        .replica()
        .frozenRows(request.getOperationId(), request.getAfter().toByteArray(), bytes)
        .thenApply(FreezeSteps::page);
  }

  private static ReadFrozenResponse page(FrozenPage page) {
    ReadFrozenResponse.Builder response =
        ReadFrozenResponse.newBuilder()
            .setEnd(Arrays.equals(page.to(), ReshapeCommand.AbsorbRows.END));
    for (RawRow row : page.rows()) {
      response.addKeys(
          ByteString.copyFrom(new byte[] {row.space().code()})
              .concat(ByteString.copyFrom(row.key())));
      response.addValues(ByteString.copyFrom(row.value()));
    }
    return response.build();
  }
}
