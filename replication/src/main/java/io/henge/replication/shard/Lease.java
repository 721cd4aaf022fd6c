package io.henge.replication.shard;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The right of a leader to serve linearizable reads from what it has applied, without asking
 * anyone.
 *
 * <p>A leader notes the time before it proposes an entry ({@link #beforeProposal}); once it has
 * applied that entry itself, it holds the lease until that time plus {@link LeaseTiming#length}
 * ({@link #renew}). Every replica notes when it <em>appends</em> an entry that another node
 * proposed ({@link #foreignEntry}). A new leader has all committed entries, so it has noted a time
 * after every proposal that a lease can stand on; it waits until {@link LeaseTiming#waitNanos}
 * after the last one ({@link #waitNanos}) before it proposes or reads anything. So no write is
 * acknowledged anywhere while an older leader's lease is valid.
 *
 * <p>The whole argument is in {@code docs/internals/leases-and-reads.md}.
 *
 * <p>Threads: any. {@link #isValid} takes no lock.
 */
final class Lease {
  /** What is noted before a proposal, and turns into a lease once the entry is applied. */
  record Stamp(long nanos, long wallMillis, long leadership) {}

  private final LeaseTiming timing;
  private final LongSupplier nanoTime;
  private final LongSupplier wallMillis;

  // Guarded by this for writing.
  private volatile @Nullable Stamp granted;

  /** Rises whenever stamps that were taken before must not count any more. */
  private volatile long leadership;

  private volatile boolean leading;

  /** Last append of another node's entry; without meaning unless {@link #foreignSeen}. */
  private long foreignNanos;

  private boolean foreignSeen;
  private long foreignTerm;
  private long foreignSequence;

  /**
   * Before this time this replica may have appended entries that it does not remember the times of:
   * no {@link #foreignReleased} hides that. Without meaning unless {@link #floorSet}.
   */
  private long floorNanos;

  private boolean floorSet;

  private Lease(LeaseTiming timing, LongSupplier nanoTime, LongSupplier wallMillis) {
    this.timing = timing;
    this.nanoTime = nanoTime;
    this.wallMillis = wallMillis;
  }

  /** Of a replica of a group that never existed before: there is nobody's lease to wait for. */
  static Lease ofNewGroup(LeaseTiming timing, LongSupplier nanoTime, LongSupplier wallMillis) {
    return new Lease(timing, nanoTime, wallMillis);
  }

  /** Of a replica that is started: it may have appended an entry just before it went down. */
  static Lease ofStartedReplica(
      LeaseTiming timing, LongSupplier nanoTime, LongSupplier wallMillis) {
    Lease lease = new Lease(timing, nanoTime, wallMillis);
    lease.replaced();
    return lease;
  }

  /** Of a child's replica on the node that split it off: see {@link LeaseInheritance}. */
  static Lease ofChild(
      LeaseTiming timing,
      LongSupplier nanoTime,
      LongSupplier wallMillis,
      LeaseInheritance inherited) {
    Lease lease = new Lease(timing, nanoTime, wallMillis);
    lease.inherit(inherited);
    return lease;
  }

  private synchronized void inherit(LeaseInheritance inherited) {
    foreignSeen = inherited.foreignSeen;
    foreignNanos = inherited.foreignNanos;
    floorSet = inherited.floorSet;
    floorNanos = inherited.floorNanos;
  }

  /** What is known of other nodes' leases now. */
  synchronized LeaseInheritance bequeath() {
    return new LeaseInheritance(foreignSeen, foreignNanos, floorSet, floorNanos);
  }

  /** This node has become the leader. */
  synchronized void leadershipBegan() {
    leadership++;
    granted = null;
    leading = true;
  }

  /** This node does not lead (any more). */
  synchronized void leadershipEnded() {
    leadership++;
    granted = null;
    leading = false;
  }

  /**
   * Another node's entry has been appended here.
   *
   * @param term of the leadership it was proposed in
   * @param sequence rises with each proposal of that leadership
   */
  synchronized void foreignEntry(long term, long sequence) {
    foreignNanos = nanoTime.getAsLong();
    foreignSeen = true;
    foreignTerm = term;
    foreignSequence = sequence;
  }

  /**
   * Another node's release of its lease has been appended here. That node had waited for all leases
   * before its own, and has none until an entry that comes after this one is committed.
   *
   * <p>It speaks for the entries that its own leadership proposed before it, and for no others: if
   * the last one noted is of another leadership, the wait stays.
   */
  synchronized void foreignReleased(long term, long sequence) {
    if (foreignTerm == term && foreignSequence < sequence) {
      foreignSeen = false;
    }
  }

  /**
   * The state came from elsewhere (a snapshot's install), with entries that were never appended.
   */
  synchronized void replaced() {
    floorNanos = nanoTime.getAsLong();
    floorSet = true;
  }

  /** Time to wait until no other node can hold a lease, in nanoseconds; 0 = it is over. */
  synchronized long waitNanos() {
    long now = nanoTime.getAsLong();
    long wait = 0;
    if (foreignSeen) {
      wait = Math.max(wait, foreignNanos + timing.waitNanos() - now);
    }
    if (floorSet) {
      wait = Math.max(wait, floorNanos + timing.waitNanos() - now);
    }
    return wait;
  }

  /** Time since another node's entry was appended here, in nanoseconds; Long.MAX_VALUE = never. */
  synchronized long sinceForeignNanos() {
    return foreignSeen ? nanoTime.getAsLong() - foreignNanos : Long.MAX_VALUE;
  }

  /** Call it before an entry is handed to consensus, and only when there is nothing to wait for. */
  Stamp beforeProposal() {
    return new Stamp(nanoTime.getAsLong(), wallMillis.getAsLong(), leadership);
  }

  /** The entry of this stamp has been applied here, under the leadership it was proposed in. */
  synchronized void renew(Stamp stamp) {
    if (!leading || stamp.leadership != leadership) {
      return;
    }
    Stamp current = granted;
    if (current == null || stamp.nanos - current.nanos > 0) {
      granted = stamp;
    }
  }

  /**
   * Gives the lease up: no read from now on, and entries proposed before now do not renew it. Those
   * proposed later do.
   */
  synchronized void release() {
    leadership++;
    granted = null;
  }

  /** Whether a read that began before this call may be served from what is applied after it. */
  boolean isValid() {
    return remainingNanos() > 0;
  }

  /** How long the lease is still good for; 0 or less = there is none. */
  long remainingNanos() {
    Stamp stamp = granted;
    if (stamp == null) {
      return 0;
    }
    long elapsedNanos = nanoTime.getAsLong() - stamp.nanos;
    if (elapsedNanos >= timing.lengthNanos()) {
      return 0;
    }
    // A suspended machine may freeze the monotonic clock, which makes a lease look alive on waking.
    long elapsedWallMillis = wallMillis.getAsLong() - stamp.wallMillis;
    if (Math.abs(elapsedWallMillis - elapsedNanos / 1_000_000) > timing.toleranceMillis()) {
      drop(stamp);
      return 0;
    }
    return timing.lengthNanos() - elapsedNanos;
  }

  private synchronized void drop(Stamp suspect) {
    if (suspect.equals(granted)) {
      granted = null;
    }
  }
}
