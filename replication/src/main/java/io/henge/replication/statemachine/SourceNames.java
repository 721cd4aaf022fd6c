package io.henge.replication.statemachine;

import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which sources the elements of one holder name. A document may have 100,000 elements, most of
 * which name what others do: a key, which takes a hash and an encoding, is made once for all of
 * them. Of one thread.
 */
final class SourceNames {
  /** Keys that are remembered: more than a document may have copies of. */
  private static final int REMEMBERED_MAX = 2 * FollowRule.KEYS_MAX;

  private final FollowRule rule;
  private final Map<List<JsonValue>, Optional<SourceKey>> made = new HashMap<>();

  SourceNames(FollowRule rule) {
    this.rule = rule;
  }

  /** The source that an element names; null if it names none. */
  @Nullable SourceKey of(JsonObject element) {
    List<JsonValue> values = rule.naming(element);
    if (values == null) {
      return null;
    }
    Optional<SourceKey> known = made.get(values);
    if (known == null) {
      byte[] key = rule.sourceKey(element);
      known = key == null ? Optional.empty() : Optional.of(new SourceKey(rule.id(), key));
      if (made.size() < REMEMBERED_MAX) {
        made.put(values, known);
      }
    }
    return known.orElse(null);
  }
}
