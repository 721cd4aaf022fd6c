package io.henge.replication.statemachine;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the workers of declared copies put into logs; docs/internals/documents.md tells why no
 * change is missed. Each may be repeated, and may come late: then it has no effect.
 *
 * <p>Arrays must not be changed.
 */
public sealed interface FollowCommand {
  /** Most commands of an entry. */
  int COMMANDS_MAX = 256;

  /** What it is in the log. */
  EntryKind kind();

  /** The document that is followed, and the rule by which it is. */
  SourceKey source();

  default int ruleId() {
    return source().ruleId();
  }

  /** Physical key of the source. */
  default byte[] key() {
    return source().key();
  }

  /**
   * At the holders' shard: a source is in this state, or in a newer one. Changes some of the
   * holders that have an older one, and forgets the source if there are none and no registration is
   * under way.
   *
   * @param fields null = there is no such source
   * @param after holders up to this HOLDERS key need not be looked at; empty = from the first
   */
  record Learn(SourceKey source, long version, byte @Nullable [] fields, byte[] after)
      implements FollowCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.LEARN;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Learn learn
          && source.equals(learn.source)
          && version == learn.version
          && Arrays.equals(fields, learn.fields)
          && Arrays.equals(after, learn.after);
    }

    @Override
    public int hashCode() {
      return Objects.hash(source, version);
    }
  }

  /**
   * At the holders' shard: the source watches a range from the state on that {@link Learn} has
   * brought.
   *
   * @param version of that state
   * @param made {@link FollowOutcome.Outgoing#made}: of the OUTBOX row that asked for it
   */
  record Registered(SourceKey source, RingRange range, long version, long made)
      implements FollowCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.REGISTERED;
    }
  }

  /**
   * At the holders' shard, when something was found to be wrong: a source is in this state, and
   * every holder is to show it, whatever it is said to have. The shard is registered at the source
   * again, so that a change which came meanwhile is not lost.
   *
   * @param version of that state; 0 = nothing is known to be wrong but the registration
   * @param fields null = there is no such source
   * @param seen the version that the shard took for the source's when that was found out: a newer
   *     one than the source's own is replaced only if it still is this
   * @param after as in {@link Learn}
   */
  record Relearn(SourceKey source, long version, byte @Nullable [] fields, long seen, byte[] after)
      implements FollowCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.RELEARN;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Relearn relearn
          && source.equals(relearn.source)
          && version == relearn.version
          && seen == relearn.seen
          && Arrays.equals(fields, relearn.fields)
          && Arrays.equals(after, relearn.after);
    }

    @Override
    public int hashCode() {
      return Objects.hash(source, version, seen);
    }
  }

  /**
   * At the holder's shard, when something was found to be wrong: what one document has of one
   * source, snapshots included, and the row that says so, are made right, as the document is now.
   *
   * @param source its key may be empty: what stands in elements that name none
   * @param holder physical key of the document
   * @param version of the source's state; 0 = it was not asked
   * @param fields null = there is no such source
   */
  record Mend(SourceKey source, byte[] holder, long version, byte @Nullable [] fields)
      implements FollowCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.MEND;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Mend mend
          && source.equals(mend.source)
          && version == mend.version
          && Arrays.equals(holder, mend.holder)
          && Arrays.equals(fields, mend.fields);
    }

    @Override
    public int hashCode() {
      return Objects.hash(source, version, Arrays.hashCode(holder));
    }
  }

  /** At the source's shard: there are holders in a range. */
  record Watch(SourceKey source, RingRange range) implements FollowCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.WATCH;
    }
  }

  /** At the source's shard: every watched range has this state, or a newer one. */
  record Sent(SourceKey source, long version) implements FollowCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.SENT;
    }
  }

  /**
   * At the source's shard: there were no holders in a range.
   *
   * @param number the range's, as it was known before that was found out: one that was registered
   *     later stays
   */
  record Forget(SourceKey source, RingRange range, long number) implements FollowCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.FORGET;
    }
  }
}
