package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Applies RELEARN and MEND: makes copies of documents on other shards right. What it finds at the
 * entry's position counts, not what somebody has seen before. Documents and rows are written also
 * where nothing seems wrong here: so replicas give out the same versions, and what was damaged on
 * one of them only is equal on all thereafter. Of the applying thread.
 */
final class CopyMender {
  /** Most bytes of holders that one entry reads to mend them, about. Part of the format. */
  static final long BYTES_MAX = 4 << 20;

  private final Overlay overlay;
  private final Derivation derivation;
  private final LongSupplier versions;
  private final Failure failure = new Failure();

  // Of the entry that is being applied.
  private int changed;
  private int seen;
  private long bytes;

  /**
   * @param versions gives the entry's next version
   */
  CopyMender(Overlay overlay, Derivation derivation, LongSupplier versions) {
    this.overlay = overlay;
    this.derivation = derivation;
    this.versions = versions;
  }

  /** Begins an entry. */
  void begin() {
    changed = 0;
    seen = 0;
    bytes = 0;
  }

  /** Makes every holder of a source show a state of it. */
  FollowOutcome relearn(FollowRule rule, FollowCommand.Relearn relearn, ShardDescription shard) {
    DerivedRows rows = derivation.rows();
    byte[] sourceRow = FollowRows.sourceRow(rule.id(), relearn.key());
    if (relearn.after().length == 0) {
      rows.put(KeySpace.OUTBOX, sourceRow, FollowRows.number(versions.getAsLong()));
    }
    if (relearn.version() == 0) {
      return FollowOutcome.learned(RingRange.of(shard), null, 0, false);
    }
    FollowRows.Known known = known(relearn, sourceRow);
    byte[] prefix = FollowRows.holdersOf(rule.id(), relearn.key());
    byte[] last = relearn.after();
    byte[] from = last.length == 0 ? prefix : Arrays.copyOf(last, last.length + 1);
    byte[] next = null;
    int changedBefore = changed;
    try (RowCursor cursor =
        rows.scan(KeySpace.HOLDERS, from, PhysicalKey.endOfPrefix(prefix), false)) {
      while (cursor.next()) {
        if (seen == FollowApplier.SEEN_MAX
            || changed >= FollowApplier.CHANGED_MAX
            || bytes >= FollowApplier.CHANGED_BYTES_MAX) {
          next = last;
          break;
        }
        seen++;
        last = cursor.key();
        byte[] holder = FollowRows.holderKey(last);
        if (shard.contains(holder)) {
          follow(rule, relearn.key(), holder, known);
        }
      }
    }
    return FollowOutcome.learned(RingRange.of(shard), next, changed - changedBefore, false);
  }

  /** What is known of the source from now on: a newer state than that of the command stays. */
  private FollowRows.Known known(FollowCommand.Relearn relearn, byte[] sourceRow) {
    DerivedRows rows = derivation.rows();
    byte[] row = rows.get(KeySpace.KNOWN, sourceRow);
    FollowRows.Known before = row == null ? null : FollowRows.Known.decode(row);
    if (before != null
        && before.version() > relearn.version()
        && before.version() != relearn.seen()) {
      return before;
    }
    FollowRows.Known known =
        new FollowRows.Known(
            relearn.version(), relearn.fields(), before == null ? null : before.range());
    rows.put(KeySpace.KNOWN, sourceRow, known.encode());
    return known;
  }

  /** Makes right what one document has of one source. */
  FollowOutcome mend(FollowRule rule, FollowCommand.Mend mend, ShardDescription shard) {
    if (!shard.contains(mend.holder())) {
      return FollowOutcome.refused(
          ErrorCode.WRONG_SHARD, "the document is not in the range of shard " + shard.shardId());
    }
    if (bytes >= BYTES_MAX) {
      return FollowOutcome.refused(ErrorCode.BUSY, "there is too much to mend at once");
    }
    int changedBefore = changed;
    if (mend.key().length == 0) {
      set(rule, mend.key(), mend.holder(), had -> JsonObject.EMPTY);
    } else if (!names(rule, mend.key(), mend.holder())) {
      byte[] row = FollowRows.holder(rule.id(), mend.key(), mend.holder());
      derivation.rows().delete(KeySpace.HOLDERS, row);
      changed++;
    } else if (rule.follows()) {
      follow(rule, mend);
    } else {
      take(rule, mend);
    }
    return FollowOutcome.learned(RingRange.of(shard), null, changed - changedBefore, false);
  }

  private void follow(FollowRule rule, FollowCommand.Mend mend) {
    DerivedRows rows = derivation.rows();
    byte[] sourceRow = FollowRows.sourceRow(rule.id(), mend.key());
    byte[] row = rows.get(KeySpace.KNOWN, sourceRow);
    FollowRows.Known known = row == null ? null : FollowRows.Known.decode(row);
    if (mend.version() != 0 && (known == null || known.version() <= mend.version())) {
      known =
          new FollowRows.Known(mend.version(), mend.fields(), known == null ? null : known.range());
      rows.put(KeySpace.KNOWN, sourceRow, known.encode());
    }
    RingRange registered = known == null ? null : known.range();
    if (registered == null || !registered.contains(mend.holder())) {
      rows.put(KeySpace.OUTBOX, sourceRow, FollowRows.number(versions.getAsLong()));
    }
    if (known != null) {
      follow(rule, mend.key(), mend.holder(), known);
      return;
    }
    byte[] held = FollowRows.holder(rule.id(), mend.key(), mend.holder());
    if (rows.get(KeySpace.HOLDERS, held) == null) {
      rows.put(KeySpace.HOLDERS, held, FollowRows.number(0));
    }
    changed++;
  }

  /** Makes a document show what is known of a source. */
  private void follow(FollowRule rule, byte[] source, byte[] holder, FollowRows.Known known) {
    byte[] row = FollowRows.holder(rule.id(), source, holder);
    // Whatever the document can be made to show: that it has been told counts.
    set(rule, source, holder, had -> HolderCopies.shown(rule, known.fields(), had));
    if (names(rule, source, holder)) {
      derivation.rows().put(KeySpace.HOLDERS, row, FollowRows.number(known.version()));
    } else {
      derivation.rows().delete(KeySpace.HOLDERS, row);
    }
    derivation.rows().commit();
  }

  /**
   * Makes a snapshot what was taken. If the source does not say that any more, it is taken again,
   * as of now; if there is no source either, nothing can be done.
   */
  private void take(FollowRule rule, FollowCommand.Mend mend) {
    byte[] key = FollowRows.holder(rule.id(), mend.key(), mend.holder());
    byte[] row = derivation.rows().get(KeySpace.HOLDERS, key);
    if (row == null) {
      return;
    }
    FollowRows.Taken taken = FollowRows.Taken.decode(row);
    byte[] fields = mend.fields();
    JsonObject now = fields == null ? null : DocumentCodec.decode(fields);
    JsonObject gone = rule.nulls();
    JsonObject copy = now == null && rule.nullsDeleted() ? gone : now;
    for (JsonObject may : List.of(now == null ? gone : now, gone, JsonObject.EMPTY)) {
      if (rule.checksum(may) == taken.checksum()) {
        copy = may;
        break;
      }
    }
    if (copy == null || mend.version() == 0) {
      return;
    }
    JsonObject right = copy;
    if (!set(rule, mend.key(), mend.holder(), had -> right)) {
      return;
    }
    long checksum = rule.checksum(copy);
    if (checksum != taken.checksum()) {
      FollowRows.Taken again = new FollowRows.Taken(mend.version(), checksum);
      derivation.rows().put(KeySpace.HOLDERS, key, again.encode());
    }
  }

  private boolean names(FollowRule rule, byte[] source, byte[] holder) {
    JsonObject document = document(holder);
    if (document == null) {
      return false;
    }
    for (JsonObject element : rule.elements(document)) {
      byte[] named = rule.sourceKey(element);
      if (named != null && Arrays.equals(named, source)) {
        return true;
      }
    }
    return false;
  }

  private @Nullable JsonObject document(byte[] key) {
    StoredItem item = derivation.read(key);
    return item != null && item.value() instanceof Value.Document document
        ? DocumentCodec.decode(document.bytes())
        : null;
  }

  /** What an element is to show, by what it shows. */
  @FunctionalInterface
  private interface Shows {
    JsonObject instead(JsonObject had);
  }

  /**
   * Sets the copies of one source in a document, and derives what follows.
   *
   * @param source empty = in the elements that name none
   * @return whether it could
   */
  private boolean set(FollowRule rule, byte[] source, byte[] holder, Shows shows) {
    JsonObject before = document(holder);
    if (before == null) {
      return false;
    }
    JsonObject after =
        rule.edit(
            before,
            element -> {
              byte[] named = Objects.requireNonNullElse(rule.sourceKey(element), new byte[0]);
              return Arrays.equals(named, source)
                  ? rule.withCopy(element, shows.instead(rule.copyIn(element)))
                  : element;
            });
    // Each by itself: what cannot be derived from one must not keep the others back.
    derivation.rows().commit();
    boolean done = derivation.derive(versions, failure, () -> derivation.set(holder, after));
    if (done) {
      changed++;
    } else {
      overlay.rollBack();
      derivation.rows().rollBack();
    }
    overlay.commit();
    derivation.rows().commit();
    StoredItem item = derivation.read(holder);
    bytes += item == null ? 0 : item.value().size();
    return done;
  }
}
