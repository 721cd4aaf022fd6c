package io.henge.server.grpc;

import io.henge.api.v1.Documents;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.path.Path;

/** Checks the paths of a new collection of documents, and of all that it declares. */
final class CollectionPaths {
  private CollectionPaths() {}

  /**
   * The same paths, each in its one way of being written.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if they make no layout
   */
  static Documents checked(Documents documents) {
    DocumentLayout layout =
        DocumentLayout.of(
            documents.getShardPathsList(), documents.getIdPathsList(), documents.getTtlPath());
    Documents.Builder checked =
        Documents.newBuilder()
            .addAllShardPaths(layout.shardPaths().stream().map(Path::toString).toList())
            .addAllIdPaths(layout.idPaths().stream().map(Path::toString).toList());
    if (layout.ttlPath() != null) {
      checked.setTtlPath(layout.ttlPath().toString());
    }
    documents.getIndexesList().forEach(index -> checked.addIndexes(DerivedPaths.checked(index)));
    documents.getRulesList().forEach(rule -> checked.addRules(DerivedPaths.checked(rule)));
    if (documents.hasChanges()) {
      checked.setChanges(documents.getChanges());
    }
    return checked.build();
  }
}
