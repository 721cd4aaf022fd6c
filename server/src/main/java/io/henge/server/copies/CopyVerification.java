package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.util.concurrent.CompletableFuture;

/** Holds copies against their sources. Thread-safe; nothing blocks. */
@FunctionalInterface
public interface CopyVerification {
  /** Can verify nothing. */
  CopyVerification NONE =
      (from, stage, collectionId, repair) ->
          CompletableFuture.failedFuture(
              new HengeException(
                  ErrorCode.UNAVAILABLE, "copies from other shards cannot be verified here"));

  /**
   * Looks at some copies in a shard that is led here; fails with NOT_LEADER if it is not.
   *
   * @param from physical key to begin at
   * @param stage of the look before; {@link Copies#firstStage} to begin with
   * @param collectionId only rules whose holder or source it is; 0 = all
   * @param repair whether what is wrong is mended, by entries in the log
   */
  CompletableFuture<CopyFindings> verify(
      byte[] from, byte[] stage, int collectionId, boolean repair);
}
