package io.henge.replication.shard;

import io.henge.api.item.ReadLevel;
import io.henge.replication.statemachine.Lookup;
import io.henge.replication.statemachine.RowSieve;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of physical keys, as far as the shard has it. Belongs to the shard that holds where
 * it begins: {@code from}, or if it descends what comes right before {@code to}.
 *
 * @param from inclusive
 * @param to exclusive
 * @param itemsMax most items of a page
 * @param bytesMax most bytes of a page; one item always fits
 * @param sieves makes a sieve for each attempt to read a page
 * @param lookup not null: what is looked for, so that the shard may read it by an index
 * @param copies whether the outcome tells of the items' copies of documents on other shards
 */
public record RangeCommand(
    byte[] from,
    byte[] to,
    boolean reverse,
    int itemsMax,
    int bytesMax,
    ReadLevel level,
    Supplier<RowSieve> sieves,
    @Nullable Lookup lookup,
    boolean copies) {

  /** Reads all items. */
  public RangeCommand(
      byte[] from, byte[] to, boolean reverse, int itemsMax, int bytesMax, ReadLevel level) {
    this(from, to, reverse, itemsMax, bytesMax, level, () -> RowSieve.ALL, null, false);
  }

  /** The same; whether the outcome tells of the items' copies of documents on other shards. */
  public RangeCommand withCopies(boolean told) {
    return new RangeCommand(from, to, reverse, itemsMax, bytesMax, level, sieves, lookup, told);
  }
}
