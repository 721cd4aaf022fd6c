package io.henge.replication.statemachine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a look at some families has found.
 *
 * @param documents compared
 * @param rows compared
 * @param skipped families whose totals could not be compared
 * @param differences in the order of families, at most about {@link Verifier#DIFFERENCES_MAX}
 * @param damaged what all keys of each family with a difference begin with; of those that are
 *     mended as a whole
 * @param parts of large families that have differences
 * @param pass not null: the page ends where totals of a large family come; {@link Verifier#totals}
 *     compares them, and says where to go on
 * @param next first physical key that was not looked at, or a {@link FamilyPlace}; at the shard's
 *     end that is where its range ends; null = the end of the ring
 */
public record VerifyPage(
    long documents,
    long rows,
    long skipped,
    List<Difference> differences,
    List<byte[]> damaged,
    List<RepairPart> parts,
    @Nullable FamilyPlace pass,
    byte @Nullable [] next) {
  /** One that has looked at nothing. */
  public static VerifyPage nothing(byte[] next) {
    return new VerifyPage(0, 0, 0, List.of(), List.of(), List.of(), null, next);
  }

  /** The same, to be gone on with elsewhere. */
  public VerifyPage goingOn(byte @Nullable [] newNext) {
    return new VerifyPage(documents, rows, skipped, differences, damaged, parts, pass, newNext);
  }
}
