package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;

/** The map in use has no such collection: a newer one may. */
final class UnknownCollectionException extends HengeException {
  private static final long serialVersionUID = 1L;

  UnknownCollectionException(String name) {
    super(
        ErrorCode.NOT_FOUND,
        "collection \""
            + name
            + "\": there is none; create it first: admin().createCollection(\""
            + name
            + "\", CollectionOptions.defaults()), or `create collection "
            + name
            + "` in the shell, for documents with `documents shard by PATH id PATH` behind it");
  }
}
