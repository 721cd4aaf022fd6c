package io.henge.router.meta;

import io.henge.api.FeatureLevel;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.Documents;

/** Which commands need which feature level of the cluster. */
public final class Levels {
  private Levels() {}

  /**
   * The level that a cluster must have before the command may be proposed: a node that reads less
   * would stop on it. 0 = none, as before a cluster is formed.
   */
  public static int needed(MetaCommand command) {
    return switch (command.getCommandCase()) {
      case CREATE_COLLECTION ->
          command.getCreateCollection().hasDocuments()
              ? needed(command.getCreateCollection().getDocuments())
              : 0;
      case CREATE_INDEX, DROP_INDEX, DROP_COPY -> FeatureLevel.DERIVED;
      case CREATE_COPY ->
          command.getCreateCopy().getReplace()
              ? FeatureLevel.CHANGES
              : needed(command.getCreateCopy().getRule());
      case SET_CHANGES -> FeatureLevel.CHANGES;
      default -> 0;
    };
  }

  private static int needed(Documents documents) {
    int needed = FeatureLevel.DOCUMENTS;
    if (documents.getIndexesCount() > 0) {
      needed = FeatureLevel.DERIVED;
    }
    for (CopyRule rule : documents.getRulesList()) {
      needed = Math.max(needed, needed(rule));
    }
    return documents.hasChanges() ? FeatureLevel.CHANGES : needed;
  }

  /** Copies within a sharding key came before those from elsewhere. */
  static int needed(CopyRule rule) {
    return CopyRules.isWithinFamily(rule.getKind()) ? FeatureLevel.DERIVED : FeatureLevel.CHANGES;
  }

  /** Why something is refused below a level. */
  public static String refusal(int level, int needed) {
    return "the cluster writes formats of feature level "
        + Integer.toUnsignedString(level)
        + ", this needs level "
        + needed
        + ": install this version on every node, then raise the feature level (henge cluster upgrade)";
  }
}
