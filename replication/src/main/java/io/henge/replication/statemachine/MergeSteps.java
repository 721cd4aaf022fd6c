package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import java.util.Arrays;

/**
 * Applies the steps of a merge: of the shard that is merged away, and of its left neighbour, which
 * takes it in.
 */
final class MergeSteps {
  private static final byte[] NOTHING = new byte[0];

  private final EntryReads reads;
  private final RowsAbsorber absorber;

  MergeSteps(EntryReads reads, RowsAbsorber absorber) {
    this.reads = reads;
    this.absorber = absorber;
  }

  // ---- The shard that is merged away ----

  ReshapeOutcome freeze(
      ReshapeTransition step, ReshapeCommand.Freeze freeze, ShardDescription shard, Reshaping now) {
    Reshaping.Frozen frozen = now.frozen();
    if (frozen != null) {
      return frozen.operationId() == freeze.operationId()
              && frozen.intoShardId() == freeze.intoShardId()
          ? ReshapeOutcome.REPEATED
          : ReshapeOutcome.refused("operation " + frozen.operationId() + " has frozen the shard");
    }
    ReshapeOutcome over = ReshapeTransition.ifOver(freeze.operationId(), now, false);
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
    ReshapeOutcome filling = DerivedMerge.ifFilling(step.before());
    return filling != null
        ? filling
        : step.done(
            now.with(new Reshaping.Frozen(freeze.operationId(), freeze.intoShardId(), false)));
  }

  ReshapeOutcome seal(ReshapeTransition step, ReshapeCommand.Seal seal, Reshaping now) {
    Reshaping.Frozen frozen = now.frozen();
    if (frozen == null || frozen.operationId() != seal.operationId()) {
      ReshapeOutcome over = ReshapeTransition.ifOver(seal.operationId(), now, false);
      return over != null
          ? over
          : ReshapeOutcome.refused("operation " + seal.operationId() + " has not frozen the shard");
    }
    return frozen.sealed()
        ? ReshapeOutcome.REPEATED
        : step.done(
            now.with(new Reshaping.Frozen(frozen.operationId(), frozen.intoShardId(), true)));
  }

  ReshapeOutcome thaw(ReshapeTransition step, ReshapeCommand.Thaw thaw, Reshaping now) {
    Reshaping.Operation last = now.lastOperation();
    if (last != null && last.id() == thaw.operationId() && !last.done()) {
      return ReshapeOutcome.REPEATED;
    }
    ReshapeOutcome over = ReshapeTransition.ifOver(thaw.operationId(), now, false);
    if (over != null) {
      return over;
    }
    Reshaping.Frozen frozen = now.frozen();
    if (frozen != null && frozen.operationId() != thaw.operationId()) {
      return ReshapeOutcome.refused("operation " + frozen.operationId() + " has frozen the shard");
    }
    step.after(
        step.after().with(now.with((Reshaping.Frozen) null).over(thaw.operationId(), false)));
    // The catalogue may have changed meanwhile.
    step.after(SystemRows.follow(step.after(), step.after()));
    return ReshapeOutcome.DONE;
  }

  // ---- The shard that it is merged into ----

  ReshapeOutcome absorb(
      ReshapeTransition step, ReshapeCommand.Absorb absorb, ShardDescription shard, Reshaping now) {
    ShardDescription neighbour = absorb.neighbour();
    Reshaping.Absorbing under = now.absorbing();
    if (under != null) {
      return under.operationId() == absorb.operationId()
              && Arrays.equals(
                  DescriptionCodec.encode(under.neighbour()), DescriptionCodec.encode(neighbour))
          ? ReshapeOutcome.REPEATED
          : ReshapeOutcome.refused("operation " + under.operationId() + " is absorbing already");
    }
    ReshapeOutcome over = ReshapeTransition.ifOver(absorb.operationId(), now, false);
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
    ReshapeOutcome filling = DerivedMerge.ifFilling(step.before());
    if (filling != null) {
      return filling;
    }
    step.deleteRange(neighbour.start(), neighbour.end());
    return step.done(
        now.with(new Reshaping.Absorbing(absorb.operationId(), neighbour, NOTHING, 0, 0, 0)));
  }

  ReshapeOutcome absorbRows(ReshapeTransition step, ReshapeCommand.AbsorbRows page, Reshaping now) {
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
    Reshaping.Absorbing further = absorber.put(step.rows(), step.before(), under, page);
    step.after(step.after().with(absorber.catalogue()));
    return step.done(now.with(further));
  }

  ReshapeOutcome commit(
      ReshapeTransition step,
      ReshapeCommand.AbsorbCommit commit,
      ShardDescription shard,
      Reshaping now) {
    Reshaping.Absorbing under = now.absorbing();
    if (under == null || under.operationId() != commit.operationId()) {
      ReshapeOutcome over = ReshapeTransition.ifOver(commit.operationId(), now, true);
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
    if (step.before().timeMillis() < commit.timeMillis()) {
      return ReshapeOutcome.refused(
          ErrorCode.BUSY,
          "the shard's time is "
              + (commit.timeMillis() - step.before().timeMillis())
              + " ms behind its neighbour's: not yet");
    }
    String differs = DerivedMerge.difference(step.before(), commit);
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
    SystemRows.put(step.rows(), whole);
    step.after(
        SystemRows.install(step.rows(), reads, step.after().with(whole, joined), commit.catalogue())
            .withVersion(Math.max(step.before().version(), commit.version())));
    absorber.over();
    return ReshapeOutcome.DONE;
  }

  ReshapeOutcome abort(ReshapeTransition step, ReshapeCommand.AbsorbAbort abort, Reshaping now) {
    Reshaping.Operation last = now.lastOperation();
    if (last != null && last.id() == abort.operationId() && !last.done()) {
      return ReshapeOutcome.REPEATED;
    }
    ReshapeOutcome over = ReshapeTransition.ifOver(abort.operationId(), now, false);
    if (over != null) {
      return over;
    }
    Reshaping.Absorbing under = now.absorbing();
    if (under == null) {
      return step.done(now.over(abort.operationId(), false));
    }
    if (under.operationId() != abort.operationId()) {
      return notAbsorbing(abort.operationId(), now);
    }
    step.deleteRange(under.neighbour().start(), under.neighbour().end());
    absorber.over();
    return step.done(
        now.with((Reshaping.Absorbing) null).over(abort.operationId(), false).untrimmed(NOTHING));
  }

  private static ReshapeOutcome notAbsorbing(long operationId, Reshaping now) {
    ReshapeOutcome over = ReshapeTransition.ifOver(operationId, now, false);
    return over != null
        ? over
        : ReshapeOutcome.refused("operation " + operationId + " is not absorbing");
  }
}
