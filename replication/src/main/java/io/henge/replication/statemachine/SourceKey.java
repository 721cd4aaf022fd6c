package io.henge.replication.statemachine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names a source for a rule.
 *
 * @param key physical key of the source. Must not be changed
 */
public record SourceKey(int ruleId, byte[] key) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SourceKey source
        && ruleId == source.ruleId
        && Arrays.equals(key, source.key);
  }

  @Override
  public int hashCode() {
    return 31 * ruleId + Arrays.hashCode(key);
  }
}
