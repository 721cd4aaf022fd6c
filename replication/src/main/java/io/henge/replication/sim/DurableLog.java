package io.henge.replication.sim;

import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What one replica keeps on disk: term, vote, members at the log's beginning, and the log. */
final class DurableLog {
  /**
   * An entry of the log.
   *
   * @param command null if it is not for the state machine
   * @param members not null if it changes the members
   */
  record Entry(LogPosition position, byte @Nullable [] command, @Nullable List<Member> members) {}

  long term;
  @Nullable String votedFor;

  /** What the log begins after. */
  private LogPosition base = new LogPosition(0, -1);

  private List<Member> baseMembers;
  private long baseMembersIndex = -1;
  private final List<Entry> entries = new ArrayList<>();
  private long syncedIndex = -1;

  DurableLog(List<Member> members) {
    this.baseMembers = List.copyOf(members);
  }

  /** Of a replica that has a position behind it already. */
  DurableLog(List<Member> members, LogPosition seed) {
    this(members);
    term = seed.term();
    base = seed;
    baseMembersIndex = seed.index();
    syncedIndex = seed.index();
  }

  long firstIndex() {
    return base.index() + 1;
  }

  long lastIndex() {
    return base.index() + entries.size();
  }

  LogPosition last() {
    return positionOf(lastIndex());
  }

  LogPosition base() {
    return base;
  }

  long syncedIndex() {
    return syncedIndex;
  }

  /** Position of an index from the base to the last. */
  LogPosition positionOf(long index) {
    return index == base.index() ? base : entry(index).position();
  }

  boolean holds(LogPosition position) {
    return position.index() >= base.index()
        && position.index() <= lastIndex()
        && positionOf(position.index()).term() == position.term();
  }

  Entry entry(long index) {
    return entries.get((int) (index - firstIndex()));
  }

  List<Entry> from(long index, int countMax) {
    int start = (int) (index - firstIndex());
    return List.copyOf(entries.subList(start, Math.min(entries.size(), start + countMax)));
  }

  void append(Entry entry) {
    if (entry.position().index() != lastIndex() + 1) {
      throw new IllegalStateException("a gap in the log before " + entry.position());
    }
    entries.add(entry);
  }

  void truncateFrom(long index) {
    entries.subList((int) (index - firstIndex()), entries.size()).clear();
    syncedIndex = Math.min(syncedIndex, index - 1);
  }

  void synced(long index) {
    syncedIndex = Math.max(syncedIndex, Math.min(index, lastIndex()));
  }

  /** Power is gone: some of what was not synced is lost, and always a tail of it. */
  void loseUnsynced(Random random) {
    long unsynced = lastIndex() - syncedIndex;
    if (unsynced > 0) {
      long kept = syncedIndex + (long) (random.nextDouble() * (unsynced + 1));
      if (kept < lastIndex()) {
        truncateFrom(kept + 1);
      }
      syncedIndex = lastIndex();
    }
  }

  /** The members as of the last change in the log, committed or not. */
  List<Member> members() {
    Entry change = lastChange(lastIndex());
    return change == null ? baseMembers : requireMembers(change);
  }

  long membersIndex() {
    Entry change = lastChange(lastIndex());
    return change == null ? baseMembersIndex : change.position().index();
  }

  void purgeUpTo(long index) {
    if (index <= base.index()) {
      return;
    }
    Entry change = lastChange(index);
    if (change != null) {
      baseMembers = requireMembers(change);
      baseMembersIndex = change.position().index();
    }
    LogPosition position = positionOf(index);
    entries.subList(0, (int) (index - firstIndex()) + 1).clear();
    base = position;
  }

  /** Everything up to a position is replaced by a checkpoint. */
  void replaceBy(LogPosition position, List<Member> members, long membersIndex) {
    if (holds(position)) {
      // What comes after it has been acknowledged, and stays.
      purgeUpTo(position.index());
      return;
    }
    entries.clear();
    base = position;
    baseMembers = List.copyOf(members);
    baseMembersIndex = membersIndex;
    syncedIndex = position.index();
  }

  List<Member> membersAt(long index) {
    Entry change = lastChange(index);
    return change == null ? baseMembers : requireMembers(change);
  }

  long membersIndexAt(long index) {
    Entry change = lastChange(index);
    return change == null ? baseMembersIndex : change.position().index();
  }

  private @Nullable Entry lastChange(long index) {
    for (int i = (int) (index - firstIndex()); i >= 0; i--) {
      if (entries.get(i).members() != null) {
        return entries.get(i);
      }
    }
    return null;
  }

  private static List<Member> requireMembers(Entry change) {
    List<Member> members = change.members();
    if (members == null) {
      throw new IllegalStateException("not a change of members: " + change.position());
    }
    return members;
  }
}
