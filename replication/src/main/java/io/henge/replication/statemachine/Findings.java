package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a page of a verification has looked at and found so far. Of one thread. */
final class Findings {
  private final VerifyScope scope;
  private final int documentsMax;
  private final long bytesMax;
  private final List<Difference> differences = new ArrayList<>();
  private final List<byte[]> damaged = new ArrayList<>();
  private final List<RepairPart> parts = new ArrayList<>();
  private long documents;
  private long looked;
  private long bytes;
  private long rows;
  private long skipped;

  Findings(VerifyScope scope, int documentsMax, long bytesMax) {
    this.scope = scope;
    this.documentsMax = documentsMax;
    this.bytesMax = bytesMax;
  }

  /** Whether a page is full. */
  boolean isFull() {
    return looked >= documentsMax
        || bytes >= bytesMax
        || rows >= 4L * documentsMax
        || differences.size() >= Verifier.DIFFERENCES_MAX;
  }

  /** Documents that are told of, too. */
  void documents(int count, long size) {
    documents += count;
    looked(count, size);
  }

  /** Documents that are looked at once more. */
  void looked(int count, long size) {
    looked += count;
    bytes += size;
  }

  void row() {
    rows++;
  }

  /** Something that cannot be compared. */
  void skip() {
    skipped++;
  }

  int count() {
    return differences.size();
  }

  void note(Difference.Kind kind, int id, byte[] key) {
    if (scope.concerns(id)) {
      differences.add(new Difference(kind, id, key));
    }
  }

  /** A family that is to be mended as a whole. */
  void damaged(byte[] family) {
    damaged.add(family);
  }

  /** Part of a large one. */
  void damaged(RepairPart.Kind kind, byte[] key) {
    parts.add(new RepairPart(kind, key));
  }

  VerifyPage page(@Nullable FamilyPlace pass, byte @Nullable [] next) {
    return new VerifyPage(documents, rows, skipped, differences, damaged, parts, pass, next);
  }
}
