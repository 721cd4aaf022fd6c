package io.henge.replication.statemachine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A total that is counted anew.
 *
 * @param ruleId COUNT or SUM
 * @param holder physical key of the document that it is of, whether or not that is there; must not
 *     be changed
 */
public record RecountTarget(int ruleId, byte[] holder) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RecountTarget target
        && ruleId == target.ruleId
        && Arrays.equals(holder, target.holder);
  }

  @Override
  public int hashCode() {
    return 31 * ruleId + Arrays.hashCode(holder);
  }
}
