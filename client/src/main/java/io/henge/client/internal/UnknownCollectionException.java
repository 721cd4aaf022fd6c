package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.error.Spelling;
import io.henge.api.v1.CollectionRecord;
import io.henge.router.ShardMap;

/** The map in use has no such collection: a newer one may. */
final class UnknownCollectionException extends HengeException {
  private static final long serialVersionUID = 1L;

  UnknownCollectionException(String name, ShardMap map) {
    super(
        ErrorCode.NOT_FOUND,
        "collection \""
            + name
            + "\": there is none; "
            + meant(name, map)
            + "create it first: admin().createCollection(\""
            + name
            + "\", CollectionOptions.defaults()), or `create collection "
            + name
            + "` in the shell, for documents with `documents shard by PATH id PATH` behind it");
  }

  private static String meant(String name, ShardMap map) {
    return Spelling.nearest(
            name,
            map.collections().stream()
                .filter(collection -> !collection.getDropped())
                .map(CollectionRecord::getName)
                .toList())
        .map(near -> "did you mean " + near + "? Else ")
        .orElse("");
  }
}
