package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The sources that came with the command being applied, and those that it lacks. Of the applying
 * thread.
 */
final class CommandSources {
  /** Most sources that one write may need from other shards. */
  static final int MISSING_MAX = 2_048;

  private final Map<SourceKey, CopySource> given = new HashMap<>();
  private final Set<SourceKey> missing = new LinkedHashSet<>();
  private boolean mayAsk;
  private boolean learned;

  /**
   * Begins a command.
   *
   * @param sources that came with it
   * @param newMayAsk whether it can be proposed again with what it lacks
   */
  void begin(List<CopySource> sources, boolean newMayAsk) {
    given.clear();
    missing.clear();
    mayAsk = newMayAsk;
    learned = false;
    for (int i = 0; i < sources.size(); i++) {
      CopySource source = sources.get(i);
      // Of one that is there twice the newer one.
      given.merge(
          new SourceKey(source.ruleId(), source.key()),
          source,
          (one, two) -> two.version() > one.version() ? two : one);
    }
  }

  /** Begins a command whose documents have the copies that they are to have. */
  void beginLearned() {
    begin(List.of(), false);
    learned = true;
  }

  boolean areLearned() {
    return learned;
  }

  @Nullable CopySource find(SourceKey key) {
    return given.isEmpty() ? null : given.get(key);
  }

  boolean mayAsk() {
    return mayAsk;
  }

  /** Notes one that is lacking; false if they are too many. */
  boolean lacks(SourceKey key) {
    missing.add(key);
    return missing.size() <= MISSING_MAX;
  }

  /** In the order in which they were missed. */
  List<SourceKey> missing() {
    return missing.isEmpty() ? List.of() : new ArrayList<>(missing);
  }
}
