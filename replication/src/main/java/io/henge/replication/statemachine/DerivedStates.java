package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How far a shard has come with each index and rule that it knows. Immutable. */
public final class DerivedStates {
  static final DerivedStates NONE = new DerivedStates(new TreeMap<>());

  private final NavigableMap<Integer, DerivedState> byId;

  private DerivedStates(NavigableMap<Integer, DerivedState> byId) {
    this.byId = byId;
  }

  static DerivedStates of(Collection<DerivedState> states) {
    NavigableMap<Integer, DerivedState> byId = new TreeMap<>(Integer::compareUnsigned);
    states.forEach(state -> byId.put(state.id(), state));
    return new DerivedStates(byId);
  }

  public boolean isEmpty() {
    return byId.isEmpty();
  }

  /** The state of an index or rule; null if the shard does not know it. */
  public @Nullable DerivedState find(int id) {
    return byId.isEmpty() ? null : byId.get(id);
  }

  /** Whether writes keep the rows of an index or rule. */
  boolean isKept(int id) {
    DerivedState state = find(id);
    return state != null && state.isKept();
  }

  /** Whether an index can be used, or all copies of a rule are there. */
  public boolean isReady(int id) {
    DerivedState state = find(id);
    return state != null && state.phase() == DerivedState.Phase.READY;
  }

  /** All, in order of their ids. */
  public Collection<DerivedState> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** Ids of those that are READY, in order. */
  public List<Integer> ready() {
    List<Integer> ready = new ArrayList<>();
    for (DerivedState state : byId.values()) {
      if (state.phase() == DerivedState.Phase.READY) {
        ready.add(state.id());
      }
    }
    return ready;
  }

  /** The first one that FILL entries have to go on with; null if there is none. */
  public @Nullable DerivedState filling() {
    for (DerivedState state : byId.values()) {
      if (state.isFilling()) {
        return state;
      }
    }
    return null;
  }

  DerivedStates with(DerivedState state) {
    NavigableMap<Integer, DerivedState> changed = new TreeMap<>(byId);
    changed.put(state.id(), state);
    return new DerivedStates(changed);
  }

  DerivedStates without(int id) {
    NavigableMap<Integer, DerivedState> changed = new TreeMap<>(byId);
    changed.remove(id);
    return new DerivedStates(changed);
  }

  /**
   * What becomes of the states when descriptions change: what is new begins to be built, or is
   * READY if the shard has not known any of the collections before and so has no document of them;
   * what is gone begins to be dropped.
   *
   * @param before what the shard knew
   * @param after what it knows now
   * @param whole whether the shard has no rows beside those of its range
   */
  DerivedStates follow(Catalogue before, Catalogue after, boolean whole) {
    Map<Integer, DerivedState> wanted = new TreeMap<>(Integer::compareUnsigned);
    for (CollectionInfo info : after.infos()) {
      CollectionInfo.Documents documents = info.documents();
      if (documents == null || info.dropped()) {
        continue;
      }
      boolean unknown = whole && before.find(info.id()) == null;
      for (IndexInfo index : documents.indexes()) {
        wanted.put(index.id(), begin(index.id(), DerivedState.Kind.INDEX, info.id(), unknown));
      }
      for (CopyRule rule : documents.rules()) {
        if (rule.state() == CopyRule.State.LIVE) {
          boolean fresh = unknown && before.find(rule.sourceId()) == null;
          wanted.put(rule.id(), begin(rule.id(), DerivedState.Kind.RULE, info.id(), fresh));
        }
      }
    }
    NavigableMap<Integer, DerivedState> states = new TreeMap<>(Integer::compareUnsigned);
    for (DerivedState state : byId.values()) {
      boolean drops =
          !wanted.containsKey(state.id()) && state.phase() != DerivedState.Phase.DROPPING;
      states.put(state.id(), drops ? state.in(DerivedState.Phase.DROPPING) : state);
    }
    wanted.forEach(states::putIfAbsent);
    return new DerivedStates(states);
  }

  private static DerivedState begin(
      int id, DerivedState.Kind kind, int collectionId, boolean ready) {
    return DerivedState.begin(
        id, kind, collectionId, ready ? DerivedState.Phase.READY : DerivedState.Phase.BUILDING);
  }
}
