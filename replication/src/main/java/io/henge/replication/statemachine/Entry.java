package io.henge.replication.statemachine;

import java.util.List;

/** A log entry of a shard, decoded. Immutable. */
public sealed interface Entry {
  EntryHeader header();

  /** Result of apply: null. A shard that is described already stays as it is. */
  record Create(EntryHeader header, ShardDescription shard, List<CollectionInfo> collections)
      implements Entry {}

  /** Result of apply: a {@code List<WriteOutcome>}, one for each command, in order. */
  record Writes(EntryHeader header, List<WriteCommand> commands) implements Entry {}

  /** Result of apply: null. */
  record Tick(EntryHeader header) implements Entry {}

  /** Result of apply: null. */
  record Lease(EntryHeader header) implements Entry {}

  /** Result of apply: null. */
  record LeaseRelease(EntryHeader header) implements Entry {}

  /** Result of apply: null. Of each collection the newest description stays. */
  record Catalogue(EntryHeader header, List<CollectionInfo> collections) implements Entry {}

  /**
   * Goes on with building or dropping an index or a rule: apply finds by itself what comes next.
   * Result of apply: null. Without effect if the shard has got to another position.
   *
   * @param position where the shard has got to, as {@link DerivedState#position} says
   */
  record Fill(EntryHeader header, int id, byte[] position) implements Entry {}

  /**
   * A step of a split or merge, of the kind that the header says. Result of apply: a {@link
   * ReshapeOutcome}.
   */
  record Reshape(EntryHeader header, ReshapeCommand command) implements Entry {}

  /**
   * Commands of the workers of declared copies, all of the kind that the header says, 1 to 256.
   * Result of apply: a {@code List<FollowOutcome>}, one for each, in order.
   */
  record Follow(EntryHeader header, List<FollowCommand> commands) implements Entry {}

  /**
   * Makes what is derived from the documents of some families what they say. Result of apply: how
   * many families were mended, an {@code Integer}.
   *
   * @param families what all keys of each begin with: token, sharding key and 00
   */
  record Repair(EntryHeader header, List<byte[]> families) implements Entry {}

  /**
   * Makes parts of large families right: at most {@link PartsMender#PARTS_MAX}. Result of apply:
   * how many of them it has done, from the first one on, an {@code Integer}; the others were too
   * much for one entry, or are not in range.
   */
  record RepairParts(EntryHeader header, List<RepairPart> parts) implements Entry {}

  /**
   * Counts totals of a family anew, a part of the sources in each entry. Result of apply: how many
   * totals have taken the part, an {@code Integer}: those that had come to {@code from}.
   *
   * @param family what all its keys begin with: token, sharding key and 00
   * @param sourceId collection of the sources
   * @param targets at most {@link Recounter#TARGETS_MAX}
   * @param from key of the last source that was counted; empty = begin, whatever was counted before
   * @param to key of the last source of this part; empty = all that are left, and that is it
   */
  record Recount(
      EntryHeader header,
      byte[] family,
      int sourceId,
      List<RecountTarget> targets,
      byte[] from,
      byte[] to)
      implements Entry {}

  /**
   * Deletes changes up to a version. Result of apply: null.
   *
   * @param version the last one to go; what is beyond the shard's own version stays
   */
  record TrimChanges(EntryHeader header, long version) implements Entry {}
}
