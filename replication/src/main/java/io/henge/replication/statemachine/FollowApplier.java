package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Applies the entries of the workers of declared copies: at the holders' shard LEARN and
 * REGISTERED, and what mends copies, at the source's WATCH, SENT and FORGET. Of the applying
 * thread.
 */
final class FollowApplier {
  /** Most holders that one entry changes. Part of the format, as the following. */
  static final int CHANGED_MAX = 200;

  /** Most bytes of holders that one entry reads to change them, about. */
  static final long CHANGED_BYTES_MAX = 256 << 10;

  /** Most HOLDERS rows that one entry looks at. */
  static final int SEEN_MAX = 10_000;

  private final Overlay overlay;
  private final Derivation derivation;
  private final CopyMender mender;
  private final Failure failure = new Failure();

  // Of the entry that is being applied.
  private ShardState state;
  private FollowPlan plan = FollowPlan.NONE;
  private long nowMillis;
  private long version;
  private int changed;
  private long changedBytes;
  private int seen;

  FollowApplier(Overlay overlay, Derivation derivation, ShardState initial) {
    this.overlay = overlay;
    this.derivation = derivation;
    this.state = initial;
    this.mender = new CopyMender(overlay, derivation, this::nextVersion);
  }

  /**
   * Applies the commands of an entry, in order.
   *
   * @param before the shard at the entry's position and time
   */
  List<FollowOutcome> apply(List<FollowCommand> commands, ShardState before, long newNowMillis) {
    state = before;
    plan = before.catalogue().follow();
    derivation.sources().beginLearned();
    nowMillis = newNowMillis;
    version = before.version();
    changed = 0;
    changedBytes = 0;
    seen = 0;
    mender.begin();
    List<FollowOutcome> outcomes = new ArrayList<>(commands.size());
    for (FollowCommand command : commands) {
      outcomes.add(apply(command));
      derivation.rows().commit();
    }
    return outcomes;
  }

  /** The shard's version after the entry. */
  long version() {
    return version;
  }

  private long nextVersion() {
    version = MutationEvaluator.nextVersion(version, nowMillis);
    return version;
  }

  private FollowOutcome apply(FollowCommand command) {
    ShardDescription shard = state.shard();
    if (shard == null) {
      return FollowOutcome.refused(ErrorCode.WRONG_SHARD, "the shard is not set up yet");
    }
    if (state.reshaping().isFrozen()) {
      return FollowOutcome.refused(ErrorCode.BUSY, "the shard is being merged into its neighbour");
    }
    FollowRule rule = plan.rule(command.ruleId());
    if (rule == null || state.catalogue().find(rule.sourceId()) == null) {
      return FollowOutcome.refused(
          ErrorCode.STALE_CATALOGUE, "the shard does not know rule " + command.ruleId() + " yet");
    }
    boolean mends = command instanceof FollowCommand.Mend;
    if (!rule.isLive() || !(rule.follows() || mends)) {
      return FollowOutcome.refused(
          ErrorCode.NOT_FOUND, "rule " + command.ruleId() + " was dropped");
    }
    if (!isSource(command.key(), rule) && !(mends && command.key().length == 0)) {
      return FollowOutcome.refused(
          ErrorCode.INVALID_ARGUMENT, "key: it is not one of a source of rule " + rule.id());
    }
    if (command instanceof FollowCommand.Learn learn) {
      return learn(rule, learn, shard);
    }
    if (command instanceof FollowCommand.Registered registered) {
      return registered(registered, shard);
    }
    if (command instanceof FollowCommand.Relearn relearn) {
      return mender.relearn(rule, relearn, shard);
    }
    if (command instanceof FollowCommand.Mend mend) {
      return mender.mend(rule, mend, shard);
    }
    if (!shard.contains(command.key())) {
      return FollowOutcome.refused(
          ErrorCode.WRONG_SHARD, "the source is not in the range of shard " + shard.shardId());
    }
    if (command instanceof FollowCommand.Watch watch) {
      return watch(rule, watch);
    }
    if (command instanceof FollowCommand.Sent sent) {
      return sent(sent);
    }
    return forget((FollowCommand.Forget) command);
  }

  private static boolean isSource(byte[] key, FollowRule rule) {
    int end =
        key.length <= PhysicalKey.TOKEN_BYTES || key.length > ApplyLimits.KEY_BYTES_MAX
            ? -1
            : PhysicalKey.endOfShardingKey(key);
    return end >= 0
        && end + 1 + Integer.BYTES <= key.length
        && PhysicalKey.collectionId(key) == rule.sourceId();
  }

  // ---- At the source ----

  private FollowOutcome watch(FollowRule rule, FollowCommand.Watch watch) {
    byte[] key = FollowRows.watch(rule.id(), watch.key());
    byte[] row = derivation.rows().get(KeySpace.WATCHES, key);
    FollowRows.Watches before =
        row == null ? FollowRows.Watches.NONE : FollowRows.Watches.decode(row);
    // Of its own: what was found out before this registration must not end it.
    long number = nextVersion();
    derivation.rows().put(KeySpace.WATCHES, key, before.with(watch.range(), number).encode());
    StoredItem source = derivation.read(watch.key());
    return source != null && source.value() instanceof Value.Document document
        ? FollowOutcome.watched(
            source.version(), rule.fieldsOf(DocumentCodec.decode(document.bytes())))
        : FollowOutcome.watched(number, null);
  }

  private FollowOutcome sent(FollowCommand.Sent sent) {
    byte[] key = FollowRows.watch(sent.ruleId(), sent.key());
    byte[] row = derivation.rows().get(KeySpace.FANOUT, key);
    if (row != null && FollowRows.Fanout.decode(row).version() <= sent.version()) {
      derivation.rows().delete(KeySpace.FANOUT, key);
    }
    return FollowOutcome.DONE;
  }

  private FollowOutcome forget(FollowCommand.Forget forget) {
    byte[] key = FollowRows.watch(forget.ruleId(), forget.key());
    byte[] row = derivation.rows().get(KeySpace.WATCHES, key);
    if (row != null) {
      FollowRows.Watches left =
          FollowRows.Watches.decode(row).without(forget.range(), forget.number());
      if (left.watches().isEmpty()) {
        derivation.rows().delete(KeySpace.WATCHES, key);
      } else {
        derivation.rows().put(KeySpace.WATCHES, key, left.encode());
      }
    }
    return FollowOutcome.DONE;
  }

  // ---- At the holders ----

  private FollowOutcome registered(FollowCommand.Registered registered, ShardDescription shard) {
    DerivedRows rows = derivation.rows();
    byte[] key = FollowRows.sourceRow(registered.ruleId(), registered.key());
    byte[] asked = rows.get(KeySpace.OUTBOX, key);
    byte[] row = rows.get(KeySpace.KNOWN, key);
    RingRange whole = RingRange.of(shard);
    if (asked == null
        || row == null
        || FollowRows.number(asked) != registered.made()
        // What has come from a neighbour meanwhile is not registered by it.
        || !registered.range().contains(whole)
        || state.reshaping().absorbing() != null) {
      return FollowOutcome.DONE;
    }
    FollowRows.Known known = FollowRows.Known.decode(row);
    if (known.version() >= registered.version()) {
      // No more than is the shard's: of what it has lost meanwhile it hears no more.
      rows.put(KeySpace.KNOWN, key, known.withRange(whole).encode());
      rows.delete(KeySpace.OUTBOX, key);
    }
    return FollowOutcome.DONE;
  }

  private FollowOutcome learn(FollowRule rule, FollowCommand.Learn learn, ShardDescription shard) {
    DerivedRows rows = derivation.rows();
    byte[] key = FollowRows.sourceRow(rule.id(), learn.key());
    byte[] row = rows.get(KeySpace.KNOWN, key);
    boolean isAsked = rows.get(KeySpace.OUTBOX, key) != null;
    FollowRows.Known known = row == null ? null : FollowRows.Known.decode(row);
    List<byte[]> holders = new ArrayList<>();
    boolean anyHolder = false;
    byte[] next = null;
    byte[] prefix = FollowRows.holdersOf(rule.id(), learn.key());
    byte[] from = learn.after().length == 0 ? prefix : behind(learn.after());
    byte[] last = learn.after();
    long wanted = known == null ? learn.version() : Math.max(known.version(), learn.version());
    try (RowCursor cursor =
        rows.scan(KeySpace.HOLDERS, from, PhysicalKey.endOfPrefix(prefix), false)) {
      while (cursor.next()) {
        if (seen == SEEN_MAX || changed + holders.size() >= CHANGED_MAX) {
          next = last;
          break;
        }
        seen++;
        last = cursor.key();
        byte[] holder = FollowRows.holderKey(last);
        if (shard.contains(holder)) {
          anyHolder = true;
          if (FollowRows.number(cursor.value()) < wanted) {
            holders.add(last);
          }
        }
      }
    }
    boolean none = !anyHolder && next == null && learn.after().length == 0;
    if (none && !isAsked && state.reshaping().absorbing() == null) {
      rows.delete(KeySpace.KNOWN, key);
      return FollowOutcome.learned(RingRange.of(shard), null, 0, true);
    }
    if (known == null || known.version() < learn.version()) {
      rows.put(
          KeySpace.KNOWN,
          key,
          new FollowRows.Known(
                  learn.version(), learn.fields(), known == null ? null : known.range())
              .encode());
    }
    int changedBefore = changed;
    for (byte[] holderRow : holders) {
      if (changedBytes >= CHANGED_BYTES_MAX) {
        next = last(holders, holderRow, learn.after());
        break;
      }
      refresh(rule, holderRow, wanted);
    }
    return FollowOutcome.learned(RingRange.of(shard), next, changed - changedBefore, false);
  }

  /** What comes before a row among the holders, for the next command to go on behind. */
  private static byte[] last(List<byte[]> holders, byte[] row, byte[] after) {
    int at = holders.indexOf(row);
    return at == 0 ? after : holders.get(at - 1);
  }

  private void refresh(FollowRule rule, byte[] holderRow, long wanted) {
    byte[] key = FollowRows.holderKey(holderRow);
    StoredItem holder = derivation.read(key);
    changed++;
    if (holder == null || !(holder.value() instanceof Value.Document document)) {
      // Not to be: a holder that goes takes its row along.
      derivation.rows().delete(KeySpace.HOLDERS, holderRow);
      return;
    }
    changedBytes += document.size();
    // Each holder by itself: what cannot be derived from one of them must not keep the others back.
    derivation.rows().commit();
    long versionBefore = version;
    JsonObject before = DocumentCodec.decode(document.bytes());
    boolean done =
        derivation.derive(
            this::nextVersion,
            failure,
            () -> HolderCopies.refresh(derivation, key, plan.ofHolder(rule.holderId()), before));
    if (!done) {
      version = versionBefore;
      overlay.rollBack();
      derivation.rows().rollBack();
      // Its copy stays as it is: it cannot be stored otherwise.
    }
    overlay.commit();
    byte[] row = derivation.rows().get(KeySpace.HOLDERS, holderRow);
    if (row == null || FollowRows.number(row) < wanted) {
      derivation.rows().put(KeySpace.HOLDERS, holderRow, FollowRows.number(wanted));
    }
    derivation.rows().commit();
  }

  private static byte[] behind(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }
}
