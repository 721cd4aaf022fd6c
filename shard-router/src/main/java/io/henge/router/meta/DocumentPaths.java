package io.henge.router.meta;

import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.v1.Documents;
import io.henge.api.v1.Index;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The paths of a collection of documents. What a path is, the nodes know that take the request;
 * here only what every version must agree on.
 */
final class DocumentPaths {
  static final int PATHS_MAX = 8;
  static final int PATH_CHARS_MAX = 256;

  private DocumentPaths() {}

  static void require(CreateCollection command) {
    Documents documents = command.getDocuments();
    require("shard_paths", documents.getShardPathsList());
    require("id_paths", documents.getIdPathsList());
    if (!documents.getTtlPath().isEmpty()) {
      requirePath("ttl_path", documents.getTtlPath());
      if (documents.getShardPathsList().contains(documents.getTtlPath())
          || documents.getIdPathsList().contains(documents.getTtlPath())) {
        throw Refused.invalid(
            "ttl_path: "
                + documents.getTtlPath()
                + " is a part of the document's key, which never changes; name another field");
      }
    }
    if (command.getDivisible()) {
      throw Refused.invalid(
          "divisible: a collection of documents is not, found true; the documents of one sharding"
              + " key stay together");
    }
  }

  private static void require(String field, List<String> paths) {
    if (paths.isEmpty() || paths.size() > PATHS_MAX) {
      throw Refused.invalid(
          field + ": 1 to " + PATHS_MAX + " paths expected, found " + paths.size());
    }
    Set<String> seen = new HashSet<>();
    for (String path : paths) {
      requirePath(field, path);
      if (!seen.add(path)) {
        throw Refused.invalid(field + ": " + path + " is there twice");
      }
    }
  }

  private static void requirePath(String field, String path) {
    if (path.isEmpty() || path.length() > PATH_CHARS_MAX) {
      throw Refused.invalid(
          field
              + ": paths of 1 to "
              + PATH_CHARS_MAX
              + " characters expected, found one of "
              + path.length());
    }
  }

  /** What never changes of a collection of documents. */
  static Documents keys(Documents documents) {
    return documents.toBuilder().clearIndexes().clearRules().clearChanges().build();
  }

  /** For messages: what a collection holds. */
  static String words(boolean present, Documents documents) {
    return present
        ? ", documents sharded by "
            + documents.getShardPathsList()
            + " with id "
            + documents.getIdPathsList()
            + (documents.getTtlPath().isEmpty() ? "" : ", expiring at " + documents.getTtlPath())
            + (documents.getIndexesCount() == 0
                ? ""
                : ", indexes " + documents.getIndexesList().stream().map(Index::getName).toList())
            + (documents.getRulesCount() == 0 ? "" : ", " + documents.getRulesCount() + " copies")
        : ", items";
  }
}
