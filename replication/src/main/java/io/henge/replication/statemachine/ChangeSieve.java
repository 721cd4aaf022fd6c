package io.henge.replication.statemachine;

/**
 * Chooses among the changes of a page while it is read. Of one page and one reader thread. Whatever
 * it throws is the outcome of the read.
 */
public interface ChangeSieve {
  /** Whether a change is part of the page. */
  boolean keeps(ChangeRow change);

  /** Whether a document that is there is part of the page. */
  boolean keeps(StoredItem present);

  /** Whether the page is to end here, so that no read holds its thread for long. */
  boolean isTired();
}
