package io.henge.router.meta;

import io.henge.api.error.HengeException;
import java.util.Set;
import java.util.TreeSet;

/**
 * Settings of the cluster that this version knows. A name that it does not know is an error at the
 * edge, where {@link #requireKnown} is called before anything is proposed; apply keeps whatever is
 * well-formed, or versions would differ in what they apply.
 */
public final class MetaSettings {
  /** Copies of each shard once there are enough nodes: 1, 3 or 5. */
  public static final String REPLICATION_TARGET = "replication-target";

  private static final Set<String> KNOWN = new TreeSet<>(Set.of(REPLICATION_TARGET));

  private MetaSettings() {}

  /**
   * Refuses the name of a setting that does not exist.
   *
   * @throws HengeException INVALID_ARGUMENT with the names that do
   */
  public static void requireKnown(String name) {
    if (!KNOWN.contains(name)) {
      throw HengeException.invalid(
          "there is no setting " + Names.shown(name) + "; there are: " + String.join(", ", KNOWN));
    }
  }
}
