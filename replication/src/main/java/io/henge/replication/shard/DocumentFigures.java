package io.henge.replication.shard;

/**
 * Figures of a replica about documents.
 *
 * @param changeBytes of the changes that are kept, about
 * @param oldestChangeMillis age of the oldest of them, as its leader knows it; 0 = there is none
 * @param filling indexes and copies that are being built, or taken away
 * @param verified documents looked at in the background since start
 * @param differences found by that
 */
public record DocumentFigures(
    long changeBytes, long oldestChangeMillis, int filling, long verified, long differences) {
  static final DocumentFigures NONE = new DocumentFigures(0, 0, 0, 0, 0);
}
