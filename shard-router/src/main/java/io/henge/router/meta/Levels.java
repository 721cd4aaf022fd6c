package io.henge.router.meta;

import io.henge.api.FeatureLevel;
import io.henge.api.internal.v1.MetaCommand;

/** Which commands need which feature level of the cluster. */
public final class Levels {
  private Levels() {}

  /**
   * The level that a cluster must have before the command may be proposed: a node that reads less
   * would stop on it. 0 = none, as before a cluster is formed.
   */
  public static int needed(MetaCommand command) {
    return command.hasCreateCollection() && command.getCreateCollection().hasDocuments()
        ? FeatureLevel.DOCUMENTS
        : 0;
  }

  /** Why something is refused below a level. */
  public static String refusal(int level, int needed) {
    return "the cluster writes formats of feature level "
        + Integer.toUnsignedString(level)
        + ", this needs level "
        + needed
        + ": install this version on every node, then raise the feature level";
  }
}
