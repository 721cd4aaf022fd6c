package io.henge.replication.statemachine;

import org.jspecify.annotations.Nullable;

/**
 * Builds or drops one kind of index or rule over the documents that are there, a part for each FILL
 * entry. Stateless: where it is stands in the {@link DerivedState#position position}, which is for
 * the filler to read and write. To plug one in, let {@link Filling#fillerOf} give it.
 *
 * <p>A fill never fails an entry. Shards are cut between two parts, so a position may lie before
 * the shard's range or behind it: both halves go on from it with what is theirs.
 */
interface Filler {
  /**
   * Does one part, of what 500 documents or 512 KB make at most ({@link Filling#forEachDocument}
   * counts). Documents that it sets ({@link Filling#derivation}) are changes: what is derived from
   * them follows when it is done.
   *
   * @param state BUILDING or DROPPING, with the position that the last part has left
   * @return the state afterwards: with another position; READY or FAILED; null if all that was to
   *     be dropped is gone
   */
  @Nullable DerivedState fill(DerivedState state, Filling filling);
}
