package io.henge.replication.shard;

/**
 * Figures of a replica about documents.
 *
 * @param changeBytes of the changes that are kept, about
 * @param verified documents looked at in the background since start
 * @param differences found by that
 */
public record DocumentFigures(long changeBytes, long verified, long differences) {
  static final DocumentFigures NONE = new DocumentFigures(0, 0, 0);
}
