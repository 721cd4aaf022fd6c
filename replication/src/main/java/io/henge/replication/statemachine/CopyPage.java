package io.henge.replication.statemachine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a look at some copies has found.
 *
 * @param copies in documents that were looked at
 * @param doubts what is wrong or may be
 * @param sources whose state is to be compared with what the shard knows: {@link
 *     CopyVerifier#judge}
 * @param next where to go on; null = that was all
 */
public record CopyPage(
    long copies, List<CopyDoubt> doubts, List<CopyDoubt> sources, byte @Nullable [] next) {}
