package io.henge.server.grpc;

import io.henge.api.error.HengeException;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.Index;
import io.henge.api.v1.SortField;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;

/**
 * Checks the paths of indexes and declared copies, and writes each in its one way, since meta
 * compares texts.
 */
final class DerivedPaths {
  private DerivedPaths() {}

  /**
   * The index with its paths as they are written.
   *
   * @throws HengeException INVALID_ARGUMENT if a path is none, or cannot be indexed
   */
  static Index checked(Index index) {
    Index.Builder checked = index.toBuilder().clearId().clearFields();
    Path any = null;
    for (SortField field : index.getFieldsList()) {
      Path path = path("index " + index.getName(), field.getPath());
      long arrays = path.steps().stream().filter(PathStep.AnyElement.class::isInstance).count();
      if (arrays > 1 || (arrays == 1 && any != null)) {
        throw HengeException.invalid(
            "index "
                + index.getName()
                + ": one [] at most expected, found "
                + (any == null ? "" : any + " and ")
                + path
                + "; each element of two arrays would be a row with each of the other");
      }
      any = arrays == 1 ? path : any;
      checked.addFields(field.toBuilder().setPath(path.toString()));
    }
    return checked.build();
  }

  /**
   * The rule with its paths as they are written.
   *
   * @throws HengeException INVALID_ARGUMENT if a path is none, or leads where copies cannot go
   */
  static CopyRule checked(CopyRule rule) {
    CopyRule.Builder checked =
        rule.toBuilder().clearId().clearSourceId().clearState().clearFields().clearOn();
    for (CopiedField field : rule.getFieldsList()) {
      checked.addFields(
          CopiedField.newBuilder()
              .setPath(single("fields", field.getPath()))
              .setAs(field.getAs().isEmpty() ? "" : name(field.getAs())));
    }
    if (!rule.getTarget().isEmpty()) {
      checked.setTarget(target(rule.getTarget()));
    }
    rule.getOnList().forEach(on -> checked.addOn(single("on", on)));
    if (!rule.getBy().isEmpty()) {
      checked.setBy(single("by", rule.getBy()));
    }
    return checked.build();
  }

  private static Path path(String field, String text) {
    Path path;
    try {
      path = Path.parse(text);
    } catch (HengeException e) {
      throw HengeException.invalid(field + ": " + e.getMessage());
    }
    if (path.isSelf() || !(path.steps().get(0) instanceof PathStep.Member)) {
      throw HengeException.invalid(
          field + ": a path that begins with the name of a member expected, found " + path);
    }
    return path;
  }

  private static String single(String field, String text) {
    Path path = path(field, text);
    if (path.isAny()) {
      throw HengeException.invalid(
          field + ": a path to one value expected, without [], found " + path);
    }
    return path.toString();
  }

  /** The name of one member, as paths write it. */
  private static String name(String text) {
    Path path = path("as", text);
    if (path.size() != 1) {
      throw HengeException.invalid("as: the name of one member expected, found " + path);
    }
    return path.toString();
  }

  private static String target(String text) {
    Path path = path("into", text);
    if (path.steps().stream().anyMatch(PathStep.Index.class::isInstance)) {
      throw HengeException.invalid(
          "into: names of members and [] expected, like items[].product, found " + path);
    }
    return path.toString();
  }
}
