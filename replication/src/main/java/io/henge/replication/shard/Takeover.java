package io.henge.replication.shard;

import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes how a leadership begins: when the predecessor was last heard of, when this replica was
 * elected, when the wait for the predecessor's lease was over, when the first entry of its own was
 * applied. The time from the first to the last of them is what a failover costs the shard. Thread-
 * safe.
 */
final class Takeover {
  private static final Logger LOG = LoggerFactory.getLogger(Takeover.class);
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Longer ago than that, the shard was just idle. */
  private static final long RECENT_NANOS = 60_000 * NANOS_PER_MILLI;

  private final LongSupplier nanoTime;

  // Guarded by this.
  private long term;
  private long heardNanos;
  private long electedNanos;
  private long proposedNanos;
  private boolean proposed;

  /** From the election to the first entry. */
  private volatile boolean open;

  private volatile long leaderships;
  private volatile long lastMillis;

  Takeover(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * This replica leads.
   *
   * @param sinceForeignNanos time since another node's entry was appended here; Long.MAX_VALUE = it
   *     never was
   */
  synchronized void elected(long newTerm, long sinceForeignNanos) {
    term = newTerm;
    electedNanos = nanoTime.getAsLong();
    heardNanos = electedNanos - (sinceForeignNanos <= RECENT_NANOS ? sinceForeignNanos : 0);
    proposed = false;
    open = true;
    leaderships = leaderships + 1;
  }

  /** It hands an entry to consensus. */
  void proposes() {
    if (open) {
      noteProposal();
    }
  }

  private synchronized void noteProposal() {
    if (!proposed) {
      proposed = true;
      proposedNanos = nanoTime.getAsLong();
    }
  }

  /** It has applied an entry of its own. */
  void applied(Object group) {
    if (open) {
      noteApplied(group);
    }
  }

  private synchronized void noteApplied(Object group) {
    if (!open || !proposed) {
      return;
    }
    open = false;
    long now = nanoTime.getAsLong();
    lastMillis = (now - heardNanos) / NANOS_PER_MILLI;
    LOG.info(
        "{} is led from here in term {}: last entry of another leader {} ms before the election,"
            + " first proposal {} ms after it, applied {} ms later; {} ms in all",
        group,
        term,
        (electedNanos - heardNanos) / NANOS_PER_MILLI,
        (proposedNanos - electedNanos) / NANOS_PER_MILLI,
        (now - proposedNanos) / NANOS_PER_MILLI,
        lastMillis);
  }

  /** This replica does not lead any more. */
  synchronized void ended() {
    open = false;
  }

  /** How often this replica has become the leader since start. */
  long leaderships() {
    return leaderships;
  }

  /** Of the last time: from the predecessor's last entry to the first of its own; 0 = none. */
  long lastMillis() {
    return lastMillis;
  }
}
