package io.henge.replication.statemachine;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A source of copies in one of its states, as a rule copies it.
 *
 * @param ruleId SNAPSHOT or FOLLOW
 * @param key physical key of the source. Must not be changed
 * @param version of the state; if there is no source, that of its shard. 0 = could not be found out
 * @param fields the copied fields under the names that they have in the copy, as a document in its
 *     binary form; null = there is no such source. Must not be changed
 */
public record CopySource(int ruleId, byte[] key, long version, byte @Nullable [] fields) {

  /** A source that could not be found out. */
  public static CopySource unknown(int ruleId, byte[] key) {
    return new CopySource(ruleId, key, 0, null);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CopySource source
        && ruleId == source.ruleId
        && version == source.version
        && Arrays.equals(key, source.key)
        && Arrays.equals(fields, source.fields);
  }

  @Override
  public int hashCode() {
    return Objects.hash(ruleId, version, Arrays.hashCode(key), Arrays.hashCode(fields));
  }
}
