package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Applies the steps of a split: the cut, and what is to be taken away behind it. */
final class SplitSteps {
  /** Most rows of the expiry index that one TRIM deletes. */
  static final int TRIM_MAX = 1000;

  /** Most rows of the expiry index that one TRIM looks at. Part of the format, as the other one. */
  static final int TRIM_SEEN_MAX = 10_000;

  private static final byte[] NOTHING = new byte[0];

  private final ShardStore store;
  private final EntryReads reads;
  private SeedMaker seeds = SeedMaker.NONE;

  SplitSteps(ShardStore store, EntryReads reads) {
    this.store = store;
    this.reads = reads;
  }

  void seeds(SeedMaker maker) {
    seeds = maker;
  }

  ReshapeOutcome split(
      ReshapeTransition step, ReshapeCommand.Split split, ShardDescription shard, Reshaping now) {
    Child known = now.child(split.childId());
    if (known != null && known.operationId() == split.operationId()) {
      return ReshapeOutcome.REPEATED;
    }
    ReshapeOutcome refusal = refusalOf(step, split, shard, now);
    if (refusal != null) {
      return refusal;
    }
    long epoch = shard.epoch() + 1;
    ShardDescription right = new ShardDescription(split.childId(), epoch, split.at(), shard.end());
    Child child =
        new Child(
            split.childId(),
            split.operationId(),
            right,
            split.memberNodeIds(),
            step.before().timeMillis(),
            step.before().version());
    // Before the batch: whoever has this entry applied has the seed.
    seeds.seed(child, store::checkpoint);
    ShardDescription left = new ShardDescription(shard.shardId(), epoch, shard.start(), split.at());
    SystemRows.put(step.rows(), left);
    step.born(child);
    step.after(
        step.after()
            .with(left, now.withChild(child).over(split.operationId(), true).untrimmed(NOTHING)));
    return ReshapeOutcome.DONE;
  }

  private @Nullable ReshapeOutcome refusalOf(
      ReshapeTransition step, ReshapeCommand.Split split, ShardDescription shard, Reshaping now) {
    ReshapeOutcome over = ReshapeTransition.ifOver(split.operationId(), now, true);
    if (over != null) {
      return over;
    }
    if (now.frozen() != null || now.absorbing() != null) {
      return ReshapeOutcome.refused("the shard is being merged");
    }
    if (split.expectedEpoch() != shard.epoch()) {
      return ReshapeOutcome.refused(
          ErrorCode.WRONG_SHARD,
          "epoch: " + split.expectedEpoch() + " expected, the shard's is " + shard.epoch());
    }
    if (split.childId() == shard.shardId() || now.child(split.childId()) != null) {
      return ReshapeOutcome.refused(
          ErrorCode.INVALID_ARGUMENT, "child id: " + split.childId() + " is taken");
    }
    if (split.memberNodeIds().isEmpty()) {
      return ReshapeOutcome.refused(ErrorCode.INVALID_ARGUMENT, "members: there are none");
    }
    byte[] at = split.at();
    if (at.length > ApplyLimits.KEY_BYTES_MAX
        || !shard.contains(at)
        || Arrays.compareUnsigned(at, shard.start()) <= 0) {
      return ReshapeOutcome.refused(
          ErrorCode.INVALID_ARGUMENT,
          "cut: it must lie inside the shard's range, behind its start, and be a key of at most "
              + ApplyLimits.KEY_BYTES_MAX
              + " bytes");
    }
    return cutThrough(step, at);
  }

  /**
   * Whether a cut would part what a batch may change together: the items of one sharding key, in
   * collections that are not divisible. A cut that ends with or before the key's end marker parts
   * none.
   */
  private @Nullable ReshapeOutcome cutThrough(ReshapeTransition step, byte[] at) {
    int end = at.length <= PhysicalKey.TOKEN_BYTES ? -1 : PhysicalKey.endOfShardingKey(at);
    if (end < 0 || at.length == end + 1) {
      return null;
    }
    byte[] prefix = Arrays.copyOf(at, end + 1);
    byte[] stop = PhysicalKey.endOfPrefix(prefix);
    byte[] from = prefix;
    while (true) {
      try (RowCursor cursor = reads.view().scan(KeySpace.DATA, from, stop, false)) {
        if (!cursor.next()) {
          return null;
        }
        int id = ByteBuffer.wrap(cursor.key()).getInt(end + 1);
        Catalogue.Collection collection = step.before().catalogue().find(id);
        if (collection == null || !collection.info().divisible()) {
          return ReshapeOutcome.refused(
              "cut: it lies inside an item collection, and collection "
                  + (collection == null ? id : collection.info().name())
                  + ", which has items there, is not divisible");
        }
        // On with the first key of the next collection.
        byte[] last = Arrays.copyOf(prefix, end + 1 + Integer.BYTES);
        ByteBuffer.wrap(last).putInt(end + 1, id);
        from = PhysicalKey.endOfPrefix(last);
      }
    }
  }

  /** Takes away what is not in the range any more, some of it at a time. */
  ReshapeOutcome trim(
      ReshapeTransition step, ReshapeCommand.Trim trim, ShardDescription shard, Reshaping now) {
    Reshaping changed = now.withoutChildren(trim.childIds());
    byte[] position = now.untrimmed();
    if (position == null) {
      return changed.children().size() == now.children().size()
          ? ReshapeOutcome.REPEATED
          : step.done(changed);
    }
    if (position.length == 0) {
      deleteOutside(step, shard);
    }
    if (!FollowMerge.isPosition(position)) {
      byte[] further = trimExpiry(step, shard, position);
      if (further != null) {
        return step.done(changed.untrimmed(further));
      }
    }
    return step.done(
        changed.untrimmed(FollowMerge.trim(reads, step.rows(), shard, position, TRIM_MAX)));
  }

  private void deleteOutside(ReshapeTransition step, ShardDescription shard) {
    if (shard.start().length > 0) {
      step.deleteRange(NOTHING, shard.start());
    }
    if (shard.end().length > 0) {
      step.deleteRange(shard.end(), NOTHING);
    }
  }

  /** Deletes rows of the expiry index behind a position; null when none are left. */
  private byte @Nullable [] trimExpiry(
      ReshapeTransition step, ShardDescription shard, byte[] position) {
    int seen = 0;
    int deleted = 0;
    byte[] last = position;
    try (RowCursor cursor = reads.view().scan(KeySpace.EXPIRY, position, NOTHING, false)) {
      while (cursor.next()) {
        if (seen == TRIM_SEEN_MAX || deleted == TRIM_MAX) {
          return last;
        }
        last = cursor.key();
        seen++;
        if (!shard.contains(Arrays.copyOfRange(last, Long.BYTES, last.length))) {
          step.rows().delete(KeySpace.EXPIRY, last);
          deleted++;
        }
      }
    }
    return null;
  }
}
