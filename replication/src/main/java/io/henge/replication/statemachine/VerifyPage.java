package io.henge.replication.statemachine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a look at some families has found.
 *
 * @param documents compared
 * @param rows compared
 * @param skipped families that are too large to be compared
 * @param differences in the order of families, at most {@link Verifier#DIFFERENCES_MAX}
 * @param damaged what all keys of each family with a difference begin with
 * @param next first physical key that was not looked at; at the shard's end that is where its range
 *     ends; null = the end of the ring
 */
public record VerifyPage(
    long documents,
    long rows,
    long skipped,
    List<Difference> differences,
    List<byte[]> damaged,
    byte @Nullable [] next) {}
