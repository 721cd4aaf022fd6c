package io.henge.replication.statemachine;

import org.jspecify.annotations.Nullable;

/** What a log entry is. Numbers are in logs: they never change and are never reused. */
public enum EntryKind {
  /** Describes a new shard; its first command. */
  CREATE(1),
  /** Writes of clients. */
  WRITES(2),
  /** Lets the shard's time advance when no write does. */
  TICK(3),
  /** Renews its proposer's lease. */
  LEASE(4),
  /** Gives up its proposer's lease. */
  LEASE_RELEASE(5),
  /** Makes collections known, or known to be changed or dropped. */
  CATALOGUE(6),
  /** {@link ReshapeCommand.Split}. */
  SPLIT(7),
  /** {@link ReshapeCommand.Trim}. */
  TRIM(8),
  /** {@link ReshapeCommand.Freeze}. */
  FREEZE(9),
  /** {@link ReshapeCommand.Seal}. */
  SEAL(10),
  /** {@link ReshapeCommand.Thaw}. */
  THAW(11),
  /** {@link ReshapeCommand.Absorb}. */
  ABSORB(12),
  /** {@link ReshapeCommand.AbsorbRows}. */
  ABSORB_ROWS(13),
  /** {@link ReshapeCommand.AbsorbCommit}. */
  ABSORB_COMMIT(14),
  /** {@link ReshapeCommand.AbsorbAbort}. */
  ABSORB_ABORT(15),
  /** Goes on with building or dropping an index or a rule. */
  FILL(16),
  /** {@link FollowCommand.Learn}. */
  LEARN(17),
  /** {@link FollowCommand.Registered}. */
  REGISTERED(18),
  /** {@link FollowCommand.Watch}. */
  WATCH(19),
  /** {@link FollowCommand.Sent}. */
  SENT(20),
  /** {@link FollowCommand.Forget}. */
  FORGET(21),
  /** Makes what is derived from documents of some families what the documents say. */
  REPAIR(22),
  /** Deletes the oldest changes of documents. */
  TRIM_CHANGES(23),
  /** {@link FollowCommand.Relearn}. */
  RELEARN(24),
  /** {@link FollowCommand.Mend}. */
  MEND(25),
  /** Makes parts of large families right. */
  REPAIR_PARTS(26),
  /** Goes on with counting totals of a large family anew. */
  RECOUNT(27);

  private static final @Nullable EntryKind[] BY_CODE = new EntryKind[32];

  static {
    for (EntryKind kind : values()) {
      BY_CODE[kind.code] = kind;
    }
  }

  private final int code;

  EntryKind(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static @Nullable EntryKind of(int code) {
    return code > 0 && code < BY_CODE.length ? BY_CODE[code] : null;
  }
}
