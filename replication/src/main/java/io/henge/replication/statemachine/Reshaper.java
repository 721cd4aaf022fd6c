package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Applies the steps of splits and merges: checks each against what is there, and says what has
 * become of it. Nothing is written before everything is checked. Of the applying thread.
 */
final class Reshaper {
  /** Most rows of the expiry index that one TRIM deletes. */
  static final int TRIM_MAX = 1000;

  /** Most rows of the expiry index that one TRIM looks at. Part of the format, as the other one. */
  static final int TRIM_SEEN_MAX = 10_000;

  private static final byte[] NOTHING = new byte[0];

  private final ShardStore store;
  private final EntryReads reads;
  private final RowsAbsorber absorber;

  private SeedMaker seeds = SeedMaker.NONE;

  // Of the step that is being applied.
  private ShardState before;
  private ShardState after;
  private @Nullable WriteRows batch;
  private @Nullable Child born;

  Reshaper(
      ShardStore store,
      EntryReads reads,
      ExpiryIndex expiry,
      RequestMemory memory,
      ChangeHistory history,
      ShardState initial) {
    this.store = store;
    this.reads = reads;
    this.absorber = new RowsAbsorber(reads, expiry, memory, history);
    this.before = initial;
    this.after = initial;
  }

  void seeds(SeedMaker maker) {
    seeds = maker;
  }

  /**
   * Applies a step.
   *
   * @param state the shard before it, at the entry's position and time
   */
  ReshapeOutcome apply(ReshapeCommand command, ShardState state, WriteRows rows) {
    before = state;
    after = state;
    batch = rows;
    born = null;
    try {
      ShardDescription shard = state.shard();
      if (shard == null) {
        return ReshapeOutcome.refused("the shard is not set up yet");
      }
      ReshapeOutcome outcome = dispatch(command, shard, state.reshaping());
      SystemRows.put(rows, state.reshaping(), after.reshaping());
      return outcome;
    } finally {
      batch = null;
    }
  }

  /** The shard after the step. */
  ShardState after() {
    return after;
  }

  /** The child of the step, if it was a split and took effect. */
  @Nullable Child born() {
    return born;
  }

  private WriteRows rows() {
    WriteRows open = batch;
    if (open == null) {
      throw new IllegalStateException("no entry is being applied");
    }
    return open;
  }

  private ReshapeOutcome dispatch(ReshapeCommand command, ShardDescription shard, Reshaping now) {
    if (command instanceof ReshapeCommand.Split split) {
      return split(split, shard, now);
    }
    if (command instanceof ReshapeCommand.Trim trim) {
      return trim(trim, shard, now);
    }
    if (command instanceof ReshapeCommand.Freeze freeze) {
      return freeze(freeze, shard, now);
    }
    if (command instanceof ReshapeCommand.Seal seal) {
      return seal(seal, now);
    }
    if (command instanceof ReshapeCommand.Thaw thaw) {
      return thaw(thaw, now);
    }
    if (command instanceof ReshapeCommand.Absorb absorb) {
      return absorb(absorb, shard, now);
    }
    if (command instanceof ReshapeCommand.AbsorbRows absorbed) {
      return absorbRows(absorbed, now);
    }
    if (command instanceof ReshapeCommand.AbsorbCommit commit) {
      return commit(commit, shard, now);
    }
    if (command instanceof ReshapeCommand.AbsorbAbort abort) {
      return abort(abort, now);
    }
    throw new IllegalStateException("not known: " + command.kind());
  }

  private ReshapeOutcome done(Reshaping changed) {
    after = after.with(changed);
    return ReshapeOutcome.DONE;
  }

  // ---- Split ----

  private ReshapeOutcome split(ReshapeCommand.Split split, ShardDescription shard, Reshaping now) {
    Child known = now.child(split.childId());
    if (known != null && known.operationId() == split.operationId()) {
      return ReshapeOutcome.REPEATED;
    }
    ReshapeOutcome refusal = refusalOf(split, shard, now);
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
            before.timeMillis(),
            before.version());
    // Before the batch: whoever has this entry applied has the seed.
    seeds.seed(child, store::checkpoint);
    ShardDescription left = new ShardDescription(shard.shardId(), epoch, shard.start(), split.at());
    SystemRows.put(rows(), left);
    born = child;
    after =
        after.with(left, now.withChild(child).over(split.operationId(), true).untrimmed(NOTHING));
    return ReshapeOutcome.DONE;
  }

  private @Nullable ReshapeOutcome refusalOf(
      ReshapeCommand.Split split, ShardDescription shard, Reshaping now) {
    ReshapeOutcome over = ifOver(split.operationId(), now, true);
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
    return cutThrough(at);
  }

  /**
   * Whether a cut would part what a batch may change together: the items of one sharding key, in
   * collections that are not divisible. A cut that ends with or before the key's end marker parts
   * none.
   */
  private @Nullable ReshapeOutcome cutThrough(byte[] at) {
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
        Catalogue.Collection collection = before.catalogue().find(id);
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

  // ---- Trim ----

  private ReshapeOutcome trim(ReshapeCommand.Trim trim, ShardDescription shard, Reshaping now) {
    Reshaping changed = now.withoutChildren(trim.childIds());
    byte[] position = now.untrimmed();
    if (position == null) {
      return changed.children().size() == now.children().size()
          ? ReshapeOutcome.REPEATED
          : done(changed);
    }
    if (position.length == 0) {
      deleteOutside(shard);
    }
    if (!FollowMerge.isPosition(position)) {
      byte[] further = trimExpiry(shard, position);
      if (further != null) {
        return done(changed.untrimmed(further));
      }
    }
    return done(changed.untrimmed(FollowMerge.trim(reads, rows(), shard, position, TRIM_MAX)));
  }

  private void deleteOutside(ShardDescription shard) {
    if (shard.start().length > 0) {
      deleteRange(NOTHING, shard.start());
    }
    if (shard.end().length > 0) {
      deleteRange(shard.end(), NOTHING);
    }
  }

  private void deleteRange(byte[] from, byte[] to) {
    for (KeySpace space : Spaces.IN_RING_ORDER) {
      rows().deleteRange(space, from, to);
    }
  }

  /** Deletes rows of the expiry index behind a position; null when none are left. */
  private byte @Nullable [] trimExpiry(ShardDescription shard, byte[] position) {
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
          rows().delete(KeySpace.EXPIRY, last);
          deleted++;
        }
      }
    }
    return null;
  }

  // ---- The shard that is merged away ----

  private ReshapeOutcome freeze(
      ReshapeCommand.Freeze freeze, ShardDescription shard, Reshaping now) {
    Reshaping.Frozen frozen = now.frozen();
    if (frozen != null) {
      return frozen.operationId() == freeze.operationId()
              && frozen.intoShardId() == freeze.intoShardId()
          ? ReshapeOutcome.REPEATED
          : ReshapeOutcome.refused("operation " + frozen.operationId() + " has frozen the shard");
    }
    ReshapeOutcome over = ifOver(freeze.operationId(), now, false);
    if (over != null) {
      return over;
    }
    if (now.absorbing() != null) {
      return ReshapeOutcome.refused("the shard is absorbing its own neighbour");
    }
    if (!now.children().isEmpty()) {
      return ReshapeOutcome.refused(
          ErrorCode.BUSY, "shard " + now.children().get(0).childId() + " was split off just now");
    }
    if (freeze.intoShardId() == shard.shardId()) {
      return ReshapeOutcome.refused(ErrorCode.INVALID_ARGUMENT, "into: it is the shard itself");
    }
    ReshapeOutcome filling = DerivedMerge.ifFilling(before);
    return filling != null
        ? filling
        : done(now.with(new Reshaping.Frozen(freeze.operationId(), freeze.intoShardId(), false)));
  }

  private ReshapeOutcome seal(ReshapeCommand.Seal seal, Reshaping now) {
    Reshaping.Frozen frozen = now.frozen();
    if (frozen == null || frozen.operationId() != seal.operationId()) {
      ReshapeOutcome over = ifOver(seal.operationId(), now, false);
      return over != null
          ? over
          : ReshapeOutcome.refused("operation " + seal.operationId() + " has not frozen the shard");
    }
    return frozen.sealed()
        ? ReshapeOutcome.REPEATED
        : done(now.with(new Reshaping.Frozen(frozen.operationId(), frozen.intoShardId(), true)));
  }

  private ReshapeOutcome thaw(ReshapeCommand.Thaw thaw, Reshaping now) {
    Reshaping.Operation last = now.lastOperation();
    if (last != null && last.id() == thaw.operationId() && !last.done()) {
      return ReshapeOutcome.REPEATED;
    }
    ReshapeOutcome over = ifOver(thaw.operationId(), now, false);
    if (over != null) {
      return over;
    }
    Reshaping.Frozen frozen = now.frozen();
    if (frozen != null && frozen.operationId() != thaw.operationId()) {
      return ReshapeOutcome.refused("operation " + frozen.operationId() + " has frozen the shard");
    }
    after = after.with(now.with((Reshaping.Frozen) null).over(thaw.operationId(), false));
    // The catalogue may have changed meanwhile.
    after = SystemRows.follow(after, after);
    return ReshapeOutcome.DONE;
  }

  // ---- The shard that it is merged into ----

  private ReshapeOutcome absorb(
      ReshapeCommand.Absorb absorb, ShardDescription shard, Reshaping now) {
    ShardDescription neighbour = absorb.neighbour();
    Reshaping.Absorbing under = now.absorbing();
    if (under != null) {
      return under.operationId() == absorb.operationId()
              && Arrays.equals(
                  DescriptionCodec.encode(under.neighbour()), DescriptionCodec.encode(neighbour))
          ? ReshapeOutcome.REPEATED
          : ReshapeOutcome.refused("operation " + under.operationId() + " is absorbing already");
    }
    ReshapeOutcome over = ifOver(absorb.operationId(), now, false);
    if (over != null) {
      return over;
    }
    if (now.frozen() != null) {
      return ReshapeOutcome.refused("the shard is being merged into another one itself");
    }
    if (!now.children().isEmpty() || now.untrimmed() != null) {
      return ReshapeOutcome.refused(
          ErrorCode.BUSY, "what an earlier split or merge has left is not trimmed yet");
    }
    if (neighbour.shardId() == shard.shardId()
        || shard.end().length == 0
        || !Arrays.equals(shard.end(), neighbour.start())
        || ShardDescription.isEmpty(neighbour.start(), neighbour.end())) {
      return ReshapeOutcome.refused(
          ErrorCode.WRONG_SHARD, "neighbour: its range must begin where the shard's ends");
    }
    ReshapeOutcome filling = DerivedMerge.ifFilling(before);
    if (filling != null) {
      return filling;
    }
    deleteRange(neighbour.start(), neighbour.end());
    return done(
        now.with(new Reshaping.Absorbing(absorb.operationId(), neighbour, NOTHING, 0, 0, 0)));
  }

  private ReshapeOutcome absorbRows(ReshapeCommand.AbsorbRows page, Reshaping now) {
    Reshaping.Absorbing under = now.absorbing();
    if (under == null || under.operationId() != page.operationId()) {
      return notAbsorbing(page.operationId(), now);
    }
    if (Arrays.equals(under.position(), page.to())) {
      return ReshapeOutcome.REPEATED;
    }
    if (!Arrays.equals(under.position(), page.from())) {
      return ReshapeOutcome.refused("rows: they do not go on where the shard has got to");
    }
    String wrong = RowsAbsorber.wrong(page, under.neighbour());
    if (wrong != null) {
      return ReshapeOutcome.refused(ErrorCode.INVALID_ARGUMENT, wrong);
    }
    Reshaping.Absorbing further = absorber.put(rows(), before, under, page);
    after = after.with(absorber.catalogue());
    return done(now.with(further));
  }

  private ReshapeOutcome commit(
      ReshapeCommand.AbsorbCommit commit, ShardDescription shard, Reshaping now) {
    Reshaping.Absorbing under = now.absorbing();
    if (under == null || under.operationId() != commit.operationId()) {
      ReshapeOutcome over = ifOver(commit.operationId(), now, true);
      return over != null ? over : notAbsorbing(commit.operationId(), now);
    }
    ShardDescription neighbour = under.neighbour();
    if (!Arrays.equals(under.position(), ReshapeCommand.AbsorbRows.END)) {
      return ReshapeOutcome.refused("not all rows have been copied yet");
    }
    if (commit.epoch() != neighbour.epoch()) {
      return ReshapeOutcome.refused(
          ErrorCode.WRONG_SHARD,
          "epoch: " + neighbour.epoch() + " was absorbed, the neighbour's is " + commit.epoch());
    }
    if (commit.rows() != under.rows() || commit.checksum() != under.checksum()) {
      return ReshapeOutcome.refused(
          "the rows that were copied ("
              + under.rows()
              + ") are not those of the neighbour ("
              + commit.rows()
              + "); the merge has to be taken back");
    }
    if (before.timeMillis() < commit.timeMillis()) {
      return ReshapeOutcome.refused(
          ErrorCode.BUSY,
          "the shard's time is "
              + (commit.timeMillis() - before.timeMillis())
              + " ms behind its neighbour's: not yet");
    }
    String differs = DerivedMerge.difference(before, commit);
    if (differs != null) {
      return ReshapeOutcome.refused(differs);
    }
    Reshaping joined = now.with((Reshaping.Absorbing) null).over(commit.operationId(), true);
    ShardDescription whole =
        new ShardDescription(
            shard.shardId(),
            Math.max(shard.epoch(), neighbour.epoch()) + 1,
            shard.start(),
            neighbour.end());
    SystemRows.put(rows(), whole);
    after =
        SystemRows.install(rows(), reads, after.with(whole, joined), commit.catalogue())
            .withVersion(Math.max(before.version(), commit.version()));
    absorber.over();
    return ReshapeOutcome.DONE;
  }

  private ReshapeOutcome abort(ReshapeCommand.AbsorbAbort abort, Reshaping now) {
    Reshaping.Operation last = now.lastOperation();
    if (last != null && last.id() == abort.operationId() && !last.done()) {
      return ReshapeOutcome.REPEATED;
    }
    ReshapeOutcome over = ifOver(abort.operationId(), now, false);
    if (over != null) {
      return over;
    }
    Reshaping.Absorbing under = now.absorbing();
    if (under == null) {
      return done(now.over(abort.operationId(), false));
    }
    if (under.operationId() != abort.operationId()) {
      return notAbsorbing(abort.operationId(), now);
    }
    deleteRange(under.neighbour().start(), under.neighbour().end());
    absorber.over();
    return done(
        now.with((Reshaping.Absorbing) null).over(abort.operationId(), false).untrimmed(NOTHING));
  }

  private static ReshapeOutcome notAbsorbing(long operationId, Reshaping now) {
    ReshapeOutcome over = ifOver(operationId, now, false);
    return over != null
        ? over
        : ReshapeOutcome.refused("operation " + operationId + " is not absorbing");
  }

  /**
   * What to say to a step of an operation that is over, or of an earlier one; null if it is not.
   *
   * @param deciding whether the step is the one that the operation is done with
   */
  private static @Nullable ReshapeOutcome ifOver(
      long operationId, Reshaping now, boolean deciding) {
    Reshaping.Operation last = now.lastOperation();
    if (last == null || Long.compareUnsigned(operationId, last.id()) > 0) {
      return null;
    }
    if (operationId == last.id() && last.done() && deciding) {
      return ReshapeOutcome.REPEATED;
    }
    return ReshapeOutcome.refused(
        "operation "
            + operationId
            + " is over: the last one here is "
            + last.id()
            + (last.done() ? ", done" : ", taken back"));
  }
}
