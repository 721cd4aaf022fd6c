package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentReader;
import io.henge.document.path.PathReader;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Applies RECOUNT: counts totals anew over the documents that are there, part by part. What writes
 * change in between at sources that have been counted, {@link FamilyRun} adds to both the total and
 * its recount; so the recount is exact up to its position in every state, and takes the total's
 * place at the end. Of the applying thread.
 */
final class Recounter {
  /** Most totals of an entry. These limits are part of the format. */
  static final int TARGETS_MAX = 64;

  /** A part of more documents has no effect: whoever proposes is to name a smaller one. */
  static final int DOCUMENTS_MAX = 2000;

  /** The same of bytes. */
  static final long BYTES_MAX = 4 << 20;

  private static final byte[] NONE = {};

  private final EntryReads reads;
  private final Overlay overlay;
  private final Derivation derivation;

  Recounter(EntryReads reads, Overlay overlay, Derivation derivation) {
    this.reads = reads;
    this.overlay = overlay;
    this.derivation = derivation;
  }

  /**
   * Counts a part.
   *
   * @return how many totals have taken it
   */
  int apply(Entry.Recount entry, ShardState before) {
    ShardDescription shard = before.shard();
    byte[] sources = DocumentRows.prefix(entry.family(), entry.sourceId());
    if (shard == null
        || before.reshaping().isFrozen()
        || !FamilyMender.isFamily(entry.family())
        || !shard.contains(entry.family())
        || !isWithin(entry.from(), sources)
        || !isWithin(entry.to(), sources)) {
      return 0;
    }
    NavigableMap<byte[], FamilyTotal> totals = FamilyRows.byKey();
    Set<FamilyRule> rules = new LinkedHashSet<>();
    int targets = Math.min(TARGETS_MAX, entry.targets().size());
    for (RecountTarget target : entry.targets().subList(0, targets)) {
      FamilyRule rule = rule(target, entry, before);
      FamilyTotal total = rule == null ? null : total(rule.row(target.holder()), entry.from());
      if (rule != null && total != null) {
        totals.put(rule.row(target.holder()), total);
        rules.add(rule);
      }
    }
    if (totals.isEmpty() || !count(entry, sources, List.copyOf(rules), totals)) {
      return 0;
    }
    totals.forEach((row, total) -> put(row, total, entry.to()));
    derivation.rows().commit();
    return totals.size();
  }

  private static boolean isWithin(byte[] key, byte[] prefix) {
    return key.length == 0
        || (key.length >= prefix.length
            && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length));
  }

  private static @Nullable FamilyRule rule(
      RecountTarget target, Entry.Recount entry, ShardState before) {
    FamilyRule rule = before.catalogue().families().rule(target.ruleId());
    boolean fits =
        rule != null
            && !rule.isList()
            && rule.sourceId() == entry.sourceId()
            && before.derived().isReady(rule.id())
            && target.holder().length <= ApplyLimits.KEY_BYTES_MAX
            && isWithin(target.holder(), DocumentRows.prefix(entry.family(), rule.holderId()))
            && target.holder().length > 0;
    return fits ? rule : null;
  }

  /** A total with what has been counted of it; null if that is not up to the part's beginning. */
  private @Nullable FamilyTotal total(byte[] row, byte[] from) {
    byte[] value = derivation.rows().get(KeySpace.INDEX, row);
    FamilyTotal total = FamilyTotal.NONE;
    try {
      total = value == null ? total : FamilyTotal.decode(value);
    } catch (HengeException e) {
      if (from.length > 0) {
        return null;
      }
      // Nothing can be made of it: what is counted takes its place.
    }
    if (from.length == 0) {
      return total.with(new FamilyTotal.Recount(NONE, 0, java.math.BigDecimal.ZERO));
    }
    FamilyTotal.Recount recount = total.recount();
    return recount != null && Arrays.equals(recount.position(), from) ? total : null;
  }

  /** False if the part is too large. */
  private boolean count(
      Entry.Recount entry,
      byte[] sources,
      List<FamilyRule> rules,
      NavigableMap<byte[], FamilyTotal> totals) {
    byte[] start = entry.from().length == 0 ? sources : Filling.next(entry.from());
    byte[] end =
        entry.to().length == 0 ? PhysicalKey.endOfPrefix(sources) : Filling.next(entry.to());
    if (Arrays.compareUnsigned(start, end) >= 0) {
      return true;
    }
    int documents = 0;
    long bytes = 0;
    List<Map.Entry<byte[], byte[]>> parts = new ArrayList<>();
    try (RowCursor cursor = reads.view().scan(KeySpace.DATA, start, end, false)) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        documents++;
        byte[] row = cursor.value();
        bytes += row.length;
        if (documents > DOCUMENTS_MAX || bytes > BYTES_MAX) {
          return false;
        }
        parts.add(Map.entry(key, row));
      }
    }
    for (Map.Entry<byte[], byte[]> part : parts) {
      byte[] document = document(part.getKey(), part.getValue());
      if (document != null) {
        add(rules, totals, part.getKey(), new DocumentReader(document));
      }
    }
    return true;
  }

  /** What the sweep of the same entry has deleted is not there any more. */
  private byte @Nullable [] document(byte[] key, byte[] row) {
    Overlay.Cell cell = overlay.find(key);
    Value value;
    if (cell != null) {
      overlay.load(cell);
      value = cell.present() ? cell.value() : null;
    } else {
      value = ItemCodec.value(row);
    }
    return value instanceof Value.Document document ? document.bytes() : null;
  }

  private static void add(
      List<FamilyRule> rules,
      NavigableMap<byte[], FamilyTotal> totals,
      byte[] key,
      PathReader source) {
    for (FamilyRule rule : rules) {
      byte[] holder = rule.holderOf(key, source);
      byte[] row = holder == null ? null : rule.row(holder);
      FamilyTotal total = row == null ? null : totals.get(row);
      FamilyTotal.Recount recount = total == null ? null : total.recount();
      if (row != null && total != null && recount != null) {
        totals.put(row, total.with(recount.plus(1, rule.amount(source))));
      }
    }
  }

  private void put(byte[] row, FamilyTotal total, byte[] to) {
    FamilyTotal.Recount recount = total.recount();
    if (recount == null) {
      throw new IllegalStateException("it is being recounted");
    }
    FamilyTotal now =
        to.length > 0
            ? total.with(recount.at(to))
            : new FamilyTotal(0, recount.count(), recount.sum());
    if (now.isNone()) {
      derivation.rows().delete(KeySpace.INDEX, row);
    } else {
      derivation.rows().put(KeySpace.INDEX, row, now.encode());
    }
  }
}
