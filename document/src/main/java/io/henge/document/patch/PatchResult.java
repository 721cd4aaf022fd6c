package io.henge.document.patch;

import io.henge.document.value.JsonObject;

/** What became of a patch. */
public sealed interface PatchResult permits PatchResult.Patched, PatchFailure {

  /**
   * It took effect.
   *
   * @param document the same object as before if nothing changed
   */
  record Patched(JsonObject document) implements PatchResult {}
}
