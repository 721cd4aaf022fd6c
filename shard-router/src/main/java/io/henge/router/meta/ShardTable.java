package io.henge.router.meta;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.ShardRow;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of all shards, found in three ways: by id, by where their range begins, and by when they
 * were last changed, so that neither a neighbour nor a watcher's news costs a walk over a million
 * shards.
 *
 * @param byId removed ones too
 * @param byStart those that are there: they tile the ring
 * @param byChange in the order in which they were last changed; removed ones too
 */
record ShardTable(
    Rows<Long, ShardRow> byId,
    Rows<ByteString, ShardRow> byStart,
    Rows<Change, ShardRow> byChange) {

  /** When a row was changed; several are changed by one command. */
  record Change(long version, long id) {
    static final Comparator<Change> ORDER =
        (a, b) -> {
          int order = Long.compare(a.version, b.version);
          return order != 0 ? order : Long.compareUnsigned(a.id, b.id);
        };

    static Change of(ShardRow row) {
      return new Change(row.getChangedIn(), row.getShardId());
    }
  }

  static final ShardTable EMPTY =
      new ShardTable(
          Rows.empty(ShardRow::getShardId, Long::compareUnsigned),
          Rows.empty(ShardRow::getStart, ByteString.unsignedLexicographicalComparator()),
          Rows.empty(Change::of, Change.ORDER));

  @Nullable ShardRow get(long id) {
    return byId.get(id);
  }

  /** The table with one row changed. */
  ShardTable with(ShardRow row) {
    ShardRow old = byId.get(row.getShardId());
    Rows<ByteString, ShardRow> starts = byStart;
    Rows<Change, ShardRow> changes = byChange;
    if (old != null) {
      changes = changes.without(Change.of(old));
      starts = withoutStart(starts, old);
    }
    return new ShardTable(
        byId.with(row), row.getRemoved() ? starts : starts.with(row), changes.with(row));
  }

  /** Another shard may begin there by now: the rows of one update come in any order. */
  private static Rows<ByteString, ShardRow> withoutStart(
      Rows<ByteString, ShardRow> starts, ShardRow old) {
    ShardRow there = starts.get(old.getStart());
    return there != null && there.getShardId() == old.getShardId()
        ? starts.without(old.getStart())
        : starts;
  }

  /** The table with many rows changed; nothing else is known of the order of these. */
  ShardTable withAll(Collection<ShardRow> rows) {
    if (rows.size() < 16 || rows.size() < byId.size() / 64) {
      ShardTable table = this;
      for (ShardRow row : rows) {
        table = table.with(row);
      }
      return table;
    }
    Rows<Long, ShardRow> ids = byId.withAll(rows);
    List<ShardRow> live = ids.values().stream().filter(row -> !row.getRemoved()).toList();
    return new ShardTable(
        ids, EMPTY.byStart.withAll(live), EMPTY.byChange.withAll(List.copyOf(ids.values())));
  }

  /** Rows that were changed after a version, removed ones too. */
  Iterable<ShardRow> changedAfter(long version) {
    return () -> after(version);
  }

  private Iterator<ShardRow> after(long version) {
    return byChange.iterator(new Change(version + 1, 0));
  }

  /** The shard that begins where this one ends; null if this one ends the ring. */
  @Nullable ShardRow rightOf(ShardRow shard) {
    return shard.getEnd().isEmpty() ? null : byStart.get(shard.getEnd());
  }

  /** The shard that ends where this one begins; null if this one begins the ring. */
  @Nullable ShardRow leftOf(ShardRow shard) {
    return byStart.before(shard.getStart());
  }
}
