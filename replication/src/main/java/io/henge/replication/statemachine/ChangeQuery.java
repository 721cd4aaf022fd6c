package io.henge.replication.statemachine;

import io.henge.api.changes.ChangePart;
import java.util.List;
import java.util.function.Supplier;

/**
 * Asks for the next changes of adjacent parts of the ring.
 *
 * @param parts at least one, adjacent, in order; one that {@link ChangePart#isScan} is alone
 * @param now nothing but the position behind everything that is there
 * @param collectionId of the documents
 * @param rowsMax most changes of a page, at least 1
 * @param bytesMax most bytes of a page; a first change always fits
 * @param sieves makes a sieve for each page
 */
public record ChangeQuery(
    List<ChangePart> parts,
    boolean now,
    int collectionId,
    int rowsMax,
    int bytesMax,
    Supplier<ChangeSieve> sieves) {

  /** The same, further on. */
  public ChangeQuery from(List<ChangePart> further) {
    return new ChangeQuery(further, now, collectionId, rowsMax, bytesMax, sieves);
  }
}
