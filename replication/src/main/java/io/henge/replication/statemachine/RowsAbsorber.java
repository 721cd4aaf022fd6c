package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.WriteRows;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts rows of a neighbour beside those of the shard. Of the applying thread. */
final class RowsAbsorber {
  private static final int REQUEST_KEY_BYTES = 2 * Long.BYTES;

  private final EntryReads reads;
  private final ExpiryIndex expiry;
  private final RequestMemory memory;
  private final ChangeHistory history;
  private Catalogue catalogue = Catalogue.EMPTY;

  RowsAbsorber(EntryReads reads, ExpiryIndex expiry, RequestMemory memory, ChangeHistory history) {
    this.reads = reads;
    this.expiry = expiry;
    this.memory = memory;
    this.history = history;
  }

  /** What is wrong with the keys of a page; null = nothing. */
  static @Nullable String wrong(ReshapeCommand.AbsorbRows page, ShardDescription neighbour) {
    byte[] last = page.from();
    for (RawRow row : page.rows()) {
      if (row.space() == KeySpace.DATA) {
        if (!neighbour.contains(row.key()) || collectionAt(row.key()) < 0) {
          return "rows: one is not of an item in the neighbour's range";
        }
      } else if (row.space() == KeySpace.REQUESTS
          ? row.key().length != REQUEST_KEY_BYTES
          : !Spaces.COPIED.contains(row.space())
              || (Spaces.isInRingOrder(row.space()) && !Spaces.isKeyIn(neighbour, row.key()))) {
        return "rows: items and remembered requests expected, or what is derived from documents in"
            + " the neighbour's range; found one of "
            + row.space();
      }
      byte[] position = row.position();
      if (Arrays.compareUnsigned(position, last) <= 0) {
        return "rows: they are not in order, or not behind the position before";
      }
      last = position;
    }
    return Arrays.compareUnsigned(page.to(), last) < 0
        ? "position: it must not be before the last row"
        : null;
  }

  /**
   * What cannot be read of a page; null = nothing. Apply stops the replica on such a row, as on any
   * entry that it cannot read: to be asked before the page is proposed.
   */
  static @Nullable String unreadable(List<RawRow> rows) {
    for (RawRow row : rows) {
      try {
        if (row.space() == KeySpace.DATA) {
          ItemCodec.expiresAtMillis(row.value());
        } else if (row.space() == KeySpace.REQUESTS) {
          RequestBlock.visit(row.value(), (id, notAfterMillis, token) -> {});
        } else if (row.space() == KeySpace.CHANGES) {
          if (!ChangeHistory.isReadable(row)) {
            return "rows: one of CHANGES has a key that this version does not know";
          }
        } else {
          FollowMerge.read(row);
        }
      } catch (RuntimeException e) {
        return "rows: " + e.getMessage();
      }
    }
    return null;
  }

  /** Puts the rows of a page that has been found right. */
  Reshaping.Absorbing put(
      WriteRows rows,
      ShardState before,
      Reshaping.Absorbing under,
      ReshapeCommand.AbsorbRows page) {
    catalogue = before.catalogue();
    RowsDigest digest = new RowsDigest(under.rows(), under.checksum());
    long bytes = under.bytes();
    for (RawRow row : page.rows()) {
      digest.add(row);
      bytes += row.bytes();
      switch (row.space()) {
        case DATA -> putItem(rows, row, before.timeMillis());
        case REQUESTS -> memory.absorb(rows, row, before.timeMillis());
        case CHANGES -> history.absorb(rows, reads, row);
        case KNOWN, HOLDERS, OUTBOX -> FollowMerge.put(reads, rows, row, under.neighbour());
        // In ring order, or a union: no two shards have a row under one key.
        default -> rows.put(row.space(), row.key(), row.value());
      }
    }
    return new Reshaping.Absorbing(
        under.operationId(), under.neighbour(), page.to(), digest.rows(), bytes, digest.checksum());
  }

  /** The rows are the shard's own, or deleted. */
  void over() {
    expiry.absorbed();
  }

  /** The catalogue, with the collections noted whose items expire. */
  Catalogue catalogue() {
    return catalogue;
  }

  private void putItem(WriteRows rows, RawRow row, long timeMillis) {
    long expiresAtMillis = ItemCodec.expiresAtMillis(row.value());
    if (expiresAtMillis != 0) {
      if (expiresAtMillis > timeMillis) {
        expiry.added(expiresAtMillis);
      } else if (Derivation.mayBeDerivedFrom(catalogue, row.key())) {
        expiry.leave();
      } else {
        // Due here: as if it had been swept. No row of the index may lie before the shard's time.
        return;
      }
      rows.put(KeySpace.EXPIRY, ExpiryIndex.key(expiresAtMillis, row.key()), ExpiryIndex.ROW);
      noteExpiring(rows, PhysicalKey.collectionId(row.key()));
    }
    rows.put(KeySpace.DATA, row.key(), row.value());
  }

  private void noteExpiring(WriteRows rows, int collectionId) {
    Catalogue.Collection known = catalogue.find(collectionId);
    if (known == null) {
      // It will be found when the collection becomes known.
      if (!SystemRows.isExpiring(reads, collectionId)) {
        SystemRows.putExpiring(rows, collectionId);
      }
    } else if (!known.expiring()) {
      SystemRows.putExpiring(rows, collectionId);
      catalogue = catalogue.with(known.thatExpires());
    }
  }

  private static int collectionAt(byte[] key) {
    int end =
        key.length <= PhysicalKey.TOKEN_BYTES || key.length > ApplyLimits.KEY_BYTES_MAX
            ? -1
            : PhysicalKey.endOfShardingKey(key);
    return end < 0 || end + 1 + Integer.BYTES > key.length ? -1 : end + 1;
  }
}
