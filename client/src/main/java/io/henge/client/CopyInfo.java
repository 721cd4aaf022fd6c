package io.henge.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a copy of a document on another shard shows, and how old that may be: told by reads with
 * {@link ReadOptions#withCopyInfo}. (Lists and totals are exact in every state that can be read;
 * nothing is told of them.)
 *
 * @param id number of the declared copy, as {@link Admin#copies} has it
 * @param target where in the document, as declared ({@code items[]}); empty = the document itself
 * @param fields members there that are copies
 * @param source what they are copied from, whether or not it is there
 * @param follows else they were taken when the document was written, and nothing of what follows is
 *     told
 * @param version of the source's state that they show; 0 = none yet. {@link Stored#version} of the
 *     source is the same if it has not been changed since, or higher if only other fields of it
 *     were
 * @param registered changes of the source are sent here; if not (a moment, when a shard has its
 *     first copy of it) later ones may be missing
 * @param bound as declared
 * @param completeUntil all changes of the source up to then were in the copies when this was read,
 *     in the cluster's time; empty = not known: it is not registered yet, or some shard of the
 *     cluster does not answer. Of a read that is not linearizable: when the replica was as it was
 *     read
 * @param reportAge how long ago that was found out; nodes ask each other once a second at most
 * @param lag for how long the oldest change waited then, of any source of this declared copy
 */
public record CopyInfo(
    int id,
    String target,
    List<String> fields,
    CopiesStatus.Source source,
    boolean follows,
    long version,
    boolean registered,
    Duration bound,
    Optional<Instant> completeUntil,
    Duration reportAge,
    Duration lag) {
  public CopyInfo {
    fields = List.copyOf(fields);
  }

  /** When the state that is shown was written, in the cluster's time; empty = none is shown yet. */
  public Optional<Instant> written() {
    return version == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(version >>> 16));
  }
}
