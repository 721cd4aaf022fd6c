package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.ItemReader;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.StoredItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads sources in a shard that is led here, linearizably. */
final class SourceReader {
  private static final long LEASE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** What is read on the thread that asks, if it is in memory. */
  private static final int AT_ONCE_MAX = 64;

  /** Of one of them. */
  private static final int AT_ONCE_BYTES_MAX = 8 << 10;

  private final CopyClock clock;

  SourceReader(CopyClock clock) {
    this.clock = clock;
  }

  /**
   * The states of sources. Fails with WRONG_SHARD if one is not in the shard, STALE_CATALOGUE if it
   * does not know a rule, or as a read does.
   */
  CompletableFuture<List<CopySource>> read(LedShard shard, List<SourceKey> sources) {
    CompletableFuture<List<CopySource>> found = new CompletableFuture<>();
    shard
        .replica()
        .readIndex(System.nanoTime() + LEASE_NANOS)
        .whenComplete(
            (index, failure) -> {
              if (failure != null) {
                found.completeExceptionally(failure);
              } else {
                fromMemory(shard, sources, found);
              }
            });
    return found;
  }

  /** Few and small sources that are in memory are not worth a thread of their own. */
  private void fromMemory(
      LedShard shard, List<SourceKey> sources, CompletableFuture<List<CopySource>> found) {
    try {
      Optional<List<CopySource>> states =
          sources.size() > AT_ONCE_MAX ? Optional.empty() : now(shard, sources, true);
      if (states.isPresent()) {
        found.complete(states.get());
      } else {
        clock.execute(() -> serve(shard, sources, found));
      }
    } catch (RuntimeException e) {
      found.completeExceptionally(e);
    }
  }

  private static void serve(
      LedShard shard, List<SourceKey> sources, CompletableFuture<List<CopySource>> found) {
    try {
      found.complete(now(shard, sources, false).orElseThrow());
    } catch (RuntimeException e) {
      found.completeExceptionally(e);
    }
  }

  /** Empty if that takes long, and is not to. */
  private static Optional<List<CopySource>> now(
      LedShard shard, List<SourceKey> sources, boolean quickly) {
    // Before the view: of what is not there, it is true that it was not at this version; it may be
    // there at a later one.
    ShardState state = shard.state();
    ShardDescription range = state.shard();
    for (SourceKey source : sources) {
      if (range == null || !range.contains(source.key())) {
        throw wrong(shard);
      }
    }
    if (state.reshaping().isSealed()) {
      throw new HengeException(
          ErrorCode.BUSY, "the shard is about to become part of its neighbour", 50, null);
    }
    Optional<List<CopySource>> states = shard.read(view -> states(view, state, sources, quickly));
    ShardDescription after = shard.state().shard();
    if (after == null || range == null || after.epoch() != range.epoch()) {
      throw wrong(shard);
    }
    return states;
  }

  private static Optional<List<CopySource>> states(
      ReadView view, ShardState state, List<SourceKey> sources, boolean quickly) {
    List<CopySource> read = new ArrayList<>(sources.size());
    for (SourceKey source : sources) {
      StoredItem item =
          quickly ? ItemReader.getIfCached(view, source.key()) : ItemReader.get(view, source.key());
      if (quickly && takesLong(item)) {
        return Optional.empty();
      }
      read.add(
          new CopySource(
              source.ruleId(),
              source.key(),
              item == null ? state.version() : item.version(),
              CopyWork.fields(state, source.ruleId(), item)));
    }
    return Optional.of(read);
  }

  private static boolean takesLong(@Nullable StoredItem item) {
    return item != null && (!ItemReader.isCached(item) || item.value().size() > AT_ONCE_BYTES_MAX);
  }

  private static HengeException wrong(LedShard shard) {
    return new HengeException(
        ErrorCode.WRONG_SHARD, "the source is not in the range of shard " + shard.id());
  }
}
