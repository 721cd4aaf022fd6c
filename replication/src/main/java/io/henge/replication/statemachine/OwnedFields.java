package io.henge.replication.statemachine;

import io.henge.document.DocumentLimits;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.patch.PatchFailure;
import io.henge.document.value.JsonObject;
import java.util.List;

/**
 * The fields of a collection's documents that rules write. What applications may write is bounded
 * without them, so that nobody is refused for what the engine has put beside it. Part of what apply
 * does: equal on every replica.
 */
final class OwnedFields {
  private final List<FamilyRule> family;
  private final List<FollowRule> copies;

  private OwnedFields(List<FamilyRule> family, List<FollowRule> copies) {
    this.family = family;
    this.copies = copies;
  }

  static OwnedFields of(Catalogue catalogue, int collectionId) {
    return new OwnedFields(
        catalogue.families().ofHolder(collectionId), catalogue.follow().ofHolder(collectionId));
  }

  /** What a patched document may be with them. */
  DocumentLimits limits() {
    return isEmpty() ? ApplyLimits.DOCUMENTS : ApplyLimits.HOLDERS;
  }

  /**
   * Refuses a document that is over a limit without them.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT
   */
  void requireRest(JsonObject document) {
    if (isEmpty()) {
      // Whoever encodes it looks at its limits.
      return;
    }
    DocumentLimits limits = ApplyLimits.DOCUMENTS;
    // With them it is larger: most documents are within their limits even so.
    if (DocumentCodec.size(document) <= limits.bytesMax()
        && document.depth() <= limits.depthMax()) {
      return;
    }
    JsonObject rest = rest(document);
    long bytes = DocumentCodec.size(rest);
    if (bytes > limits.bytesMax()) {
      throw failure(PatchFailure.Reason.TOO_LARGE, bytes, limits.bytesMax());
    }
    if (rest.depth() > limits.depthMax()) {
      throw failure(PatchFailure.Reason.TOO_DEEP, rest.depth(), limits.depthMax());
    }
  }

  private boolean isEmpty() {
    return family.isEmpty() && copies.isEmpty();
  }

  private static RuntimeException failure(PatchFailure.Reason reason, long found, long limit) {
    return new PatchFailure(
            reason, -1, "", found + " without what copies write, the limit is " + limit)
        .toException();
  }

  private JsonObject rest(JsonObject document) {
    JsonObject rest = document;
    for (FamilyRule rule : family) {
      rest = rule.withoutCopy(rest);
    }
    for (FollowRule rule : copies) {
      rest = rule.edit(rest, element -> rule.withCopy(element, JsonObject.EMPTY));
    }
    return rest;
  }
}
