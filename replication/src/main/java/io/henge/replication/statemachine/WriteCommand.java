package io.henge.replication.statemachine;

import io.henge.api.item.RequestId;
import java.util.List;

/**
 * One write: mutations of items of one sharding key, which all take effect or none.
 *
 * @param notAfterMillis in the shard's replicated time; it has no effect after it
 * @param catalogueVersion the catalogue it was built on; refused if one of its collections has
 *     changed since
 * @param sources of snapshot and followed copies in its documents, as far as they were found out
 */
public record WriteCommand(
    RequestId id,
    long notAfterMillis,
    long catalogueVersion,
    List<Mutation> mutations,
    List<CopySource> sources) {

  /** Without sources. */
  public WriteCommand(
      RequestId id, long notAfterMillis, long catalogueVersion, List<Mutation> mutations) {
    this(id, notAfterMillis, catalogueVersion, mutations, List.of());
  }

  /** The same write with these sources. */
  public WriteCommand withSources(List<CopySource> found) {
    return new WriteCommand(id, notAfterMillis, catalogueVersion, mutations, List.copyOf(found));
  }
}
