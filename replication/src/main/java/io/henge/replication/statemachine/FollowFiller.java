package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Begins to follow for documents that were there before the rule: each gets its rows, and with them
 * the shard is registered at its sources, which brings the copies. Snapshots of what was written
 * before there are none. A rule that is dropped loses its rows, and its copies unless they are to
 * stay.
 */
final class FollowFiller implements Filler {
  /** Most rows that one part deletes or looks at. Part of the format. */
  private static final int ROWS_MAX = 1_000;

  private static final byte[] START = new byte[0];

  /** In this order rows are deleted; then documents are looked at. */
  private static final List<KeySpace> SPACES =
      List.of(KeySpace.HOLDERS, KeySpace.KNOWN, KeySpace.OUTBOX, KeySpace.FANOUT, KeySpace.WATCHES);

  @Override
  public @Nullable DerivedState fill(DerivedState state, Filling filling) {
    FollowRule rule = filling.shard().catalogue().follow().rule(state.id());
    filling.derivation().sources().beginLearned();
    return state.phase() == DerivedState.Phase.BUILDING
        ? build(state, filling, rule)
        : drop(state, filling, rule);
  }

  private static DerivedState build(
      DerivedState state, Filling filling, @Nullable FollowRule rule) {
    if (rule == null || !rule.follows() || !rule.isLive()) {
      return state.in(DerivedState.Phase.READY);
    }
    byte[] last =
        filling.forEachDocument(
            state.position(),
            state.collectionId(),
            (key, document) -> {
              HolderCopies.refresh(
                  filling.derivation(), key, List.of(rule), DocumentCodec.decode(document));
              return true;
            });
    return last == null ? state.in(DerivedState.Phase.READY) : state.at(last);
  }

  private static @Nullable DerivedState drop(
      DerivedState state, Filling filling, @Nullable FollowRule rule) {
    byte[] position = state.position();
    int at = position.length == 0 ? 0 : position[0];
    byte[] behind = position.length == 0 ? START : Arrays.copyOfRange(position, 1, position.length);
    if (at < SPACES.size()) {
      byte[] deleted = delete(filling, SPACES.get(at), state.id(), behind);
      return state.at(deleted == null ? position(at + 1, START) : position(at, deleted));
    }
    if (rule == null || rule.rule().state() != CopyRule.State.DROPPED) {
      return null;
    }
    Set<String> free = free(rule, filling.shard().catalogue());
    if (free.isEmpty()) {
      return null;
    }
    byte[] last =
        filling.forEachDocument(
            behind,
            state.collectionId(),
            (key, document) -> {
              strip(filling, rule, free, key, document);
              return true;
            });
    return last == null ? null : state.at(position(at, last));
  }

  /** Names of the fields that no other rule writes by now. */
  private static Set<String> free(FollowRule rule, Catalogue catalogue) {
    Set<String> free = new HashSet<>();
    for (CopyRule.Field field : rule.rule().fields()) {
      List<PathStep> path = WrittenPaths.of(rule.rule(), field);
      if (!WrittenPaths.isWritten(path, rule.holderId(), catalogue)
          && path.get(path.size() - 1) instanceof PathStep.Member member) {
        free.add(member.name());
      }
    }
    return free;
  }

  private static void strip(
      Filling filling, FollowRule rule, Set<String> free, byte[] key, byte[] document) {
    JsonObject before = DocumentCodec.decode(document);
    JsonObject after =
        rule.edit(
            before,
            element -> {
              JsonObject rest = element;
              for (String name : free) {
                rest = rest.without(name);
              }
              return rest;
            });
    if (!after.equals(before)) {
      filling.derivation().set(key, after);
    }
  }

  /** Deletes rows of the rule; where to go on, null if there are no more. */
  private static byte @Nullable [] delete(
      Filling filling, KeySpace space, int ruleId, byte[] behind) {
    List<byte[]> found = new ArrayList<>();
    byte[] last = behind;
    int seen = 0;
    boolean more = false;
    byte[] first = FollowRows.ruleRows(ruleId);
    boolean ring = Spaces.isInRingOrder(space);
    byte[] from = behind.length > 0 ? Filling.next(behind) : ring ? START : first;
    byte[] to = ring ? START : PhysicalKey.endOfPrefix(first);
    try (RowCursor cursor = filling.rows().scan(space, from, to, false)) {
      while (cursor.next()) {
        if (seen++ == ROWS_MAX) {
          more = true;
          break;
        }
        last = cursor.key();
        if (!ring || FollowRows.watchedRule(last) == ruleId) {
          found.add(last);
        }
      }
    }
    found.forEach(key -> filling.rows().delete(space, key));
    return more ? last : null;
  }

  private static byte[] position(int at, byte[] behind) {
    byte[] position = new byte[1 + behind.length];
    position[0] = (byte) at;
    System.arraycopy(behind, 0, position, 1, behind.length);
    return position;
  }
}
