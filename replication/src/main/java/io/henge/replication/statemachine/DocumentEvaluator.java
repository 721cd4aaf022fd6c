package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.filter.FilterCodec;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.patch.PatchCodec;
import io.henge.document.patch.PatchFailure;
import io.henge.document.patch.PatchResult;
import io.henge.document.value.JsonObject;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates what needs the inside of documents. Asks nothing but its arguments. Of the applying
 * thread.
 *
 * <p>Whatever a document, filter or patch is refused for is a {@link
 * io.henge.api.error.HengeException} INVALID_ARGUMENT, equal on every replica: the write fails.
 * Bytes that cannot be read are CORRUPTION: the replica stops, as on any entry or row that it
 * cannot read. Whoever proposes has decoded them before.
 */
final class DocumentEvaluator {
  /** Of the current command; made when it is first needed. */
  private @Nullable Steps steps;

  private final DocumentFigures figures;

  DocumentEvaluator(DocumentFigures figures) {
    this.figures = figures;
  }

  void beginCommand() {
    steps = null;
  }

  private Steps steps() {
    Steps budget = steps;
    if (budget == null) {
      budget = new Steps(ApplyLimits.STEPS_MAX);
      steps = budget;
    }
    return budget;
  }

  boolean matches(byte[] filter, byte[] document) {
    return FilterCodec.decode(filter).test(new DocumentReader(document), steps());
  }

  /**
   * When a document expires by what it says; {@link DocumentLayout#NOT_SAID} if it does not.
   *
   * @param nowMillis the entry's time
   * @return after {@code nowMillis}: what is over already is gone with the next entry, since no
   *     item may be there that expires before the shard's time
   */
  static long expiresAtMillis(DocumentLayout layout, byte[] document, long nowMillis) {
    if (layout.ttlPath() == null) {
      return DocumentLayout.NOT_SAID;
    }
    long said = layout.expiresAtMillis(new DocumentReader(document));
    return said == DocumentLayout.NOT_SAID ? said : Math.max(said, nowMillis + 1);
  }

  /**
   * A document after a patch.
   *
   * @param key the document's physical key, which must still be that of its fields
   * @param owned fields that do not count
   * @return the same array if nothing changes
   */
  byte[] patch(
      DocumentLayout layout,
      byte[] key,
      int collectionId,
      OwnedFields owned,
      byte[] document,
      byte[] patch) {
    JsonObject before = DocumentCodec.decode(document);
    Steps budget = steps();
    long stepsBefore = budget.used();
    PatchResult result = PatchCodec.decode(patch).apply(before, budget, owned.limits());
    if (result instanceof PatchFailure failure) {
      throw failure.toException();
    }
    JsonObject after = ((PatchResult.Patched) result).document();
    requireKey(layout, key, collectionId, after);
    owned.requireRest(after);
    byte[] patched = DocumentCodec.encode(after, owned.limits());
    boolean changes = !Arrays.equals(patched, document);
    figures.patched(changes, budget.used() - stepsBefore, (long) document.length + patched.length);
    return changes ? patched : document;
  }

  private static void requireKey(
      DocumentLayout layout, byte[] key, int collectionId, JsonObject document) {
    byte[] own =
        PhysicalKey.of(layout.shardingKey(document), collectionId, layout.sortKey(document));
    if (!Arrays.equals(own, key)) {
      throw HengeException.invalid(
          "patch: it changes a field of the document's key ("
              + layout
              + "), which stays for ever; delete the document and insert another one");
    }
  }
}
