package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;

/** The request names a collection that this node has not heard of: perhaps not yet. */
final class UnknownCollectionException extends HengeException {
  private static final long serialVersionUID = 1L;

  UnknownCollectionException(String collection) {
    super(ErrorCode.NOT_FOUND, "collection: there is no " + collection + "; create it first");
  }

  private UnknownCollectionException(ErrorCode code, String message) {
    super(code, message);
  }

  /** It is known, but not to keep its changes: perhaps not yet. */
  static UnknownCollectionException withoutChanges(String collection) {
    return new UnknownCollectionException(
        ErrorCode.CONDITION_FAILED,
        "collection "
            + collection
            + " keeps no changes, so there is nothing to watch; switch that on first (changes on "
            + collection
            + " for 24h)");
  }
}
