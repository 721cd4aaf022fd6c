package io.henge.server.copies;

import io.henge.replication.statemachine.Difference;
import java.util.List;

/**
 * What a look at some copies has found, and what became of it.
 *
 * @param copies compared
 * @param unasked sources that could not be asked
 * @param differences what is wrong, though nothing is on its way
 * @param mended how many of these
 * @param cursor where the next look begins, a physical key; with an empty stage there is none
 * @param stage for the next look; empty = the ring is done
 */
public record CopyFindings(
    long copies,
    long unasked,
    List<Difference> differences,
    long mended,
    byte[] cursor,
    byte[] stage) {
  public CopyFindings {
    differences = List.copyOf(differences);
  }
}
