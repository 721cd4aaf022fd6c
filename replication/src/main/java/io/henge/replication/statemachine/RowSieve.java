package io.henge.replication.statemachine;

/**
 * Chooses among the items of a range while a page is read. Of one page and one reader thread.
 * Whatever it throws is the outcome of the read.
 */
public interface RowSieve {
  /** Takes everything, for ever. */
  RowSieve ALL =
      new RowSieve() {
        @Override
        public boolean keeps(StoredItem item) {
          return true;
        }

        @Override
        public boolean isTired() {
          return false;
        }
      };

  /** Whether an item is part of the page. */
  boolean keeps(StoredItem item);

  /** How the shard has chosen to read a find; before the first item. */
  default void planned(FindPlan plan) {}

  /** Whether the page is to end here, so that no read holds its thread for long. */
  boolean isTired();
}
