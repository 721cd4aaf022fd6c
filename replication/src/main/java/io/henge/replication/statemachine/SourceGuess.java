package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.patch.PatchResult;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which sources a write is going to lack, told before it is proposed, so that it need not be
 * proposed twice. Only a guess, and a cheap one: what it names for nothing is read for nothing, and
 * what it leaves out apply asks for ({@link WriteOutcome#missing}). Looks at memory only; whatever
 * is wrong with a write is left to apply.
 */
public final class SourceGuess {
  /** Larger documents in the store are left alone: decoding them costs more than it may save. */
  private static final int STORED_BYTES_MAX = 8 << 10;

  /** Steps of a patch that is tried out: about 0.2 ms. */
  private static final int STEPS_MAX = 20_000;

  private final FollowPlan plan;
  private final ReadView view;
  private final Set<SourceKey> lacking = new LinkedHashSet<>();

  private SourceGuess(FollowPlan plan, ReadView view) {
    this.plan = plan;
    this.view = view;
  }

  /** Whether it is worth a look: documents are written that have copies from other shards. */
  public static boolean isWorthIt(ShardState state, WriteCommand command) {
    FollowPlan plan = state.catalogue().follow();
    if (plan.isEmpty() || !command.sources().isEmpty()) {
      return false;
    }
    for (Mutation mutation : command.mutations()) {
      if (!rules(plan, mutation).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The sources, each once.
   *
   * @param view of the shard, of its latest state
   */
  public static List<SourceKey> of(ShardState state, ReadView view, WriteCommand command) {
    SourceGuess guess = new SourceGuess(state.catalogue().follow(), view);
    for (Mutation mutation : command.mutations()) {
      guess.look(mutation);
    }
    // More than that apply refuses.
    return guess.lacking.size() > CommandSources.MISSING_MAX
        ? List.of()
        : new ArrayList<>(guess.lacking);
  }

  private static List<FollowRule> rules(FollowPlan plan, Mutation mutation) {
    Action action = mutation.action();
    boolean writes =
        action instanceof Action.Patch
            || (action instanceof Action.Put put && put.value() instanceof Value.Document);
    return writes && isItem(mutation.key())
        ? plan.ofHolder(PhysicalKey.collectionId(mutation.key()))
        : List.of();
  }

  private static boolean isItem(byte[] key) {
    int end = key.length <= PhysicalKey.TOKEN_BYTES ? -1 : PhysicalKey.endOfShardingKey(key);
    return end >= 0 && key.length > end + Integer.BYTES;
  }

  private void look(Mutation mutation) {
    List<FollowRule> rules = rules(plan, mutation);
    if (rules.isEmpty()) {
      return;
    }
    try {
      if (mutation.action() instanceof Action.Patch patch) {
        patched(mutation.key(), rules, patch);
      } else if (mutation.action() instanceof Action.Put put
          && put.value() instanceof Value.Document document) {
        put(mutation, rules, document.bytes());
      }
    } catch (HengeException e) {
      // Apply finds the same, and says so.
      return;
    }
  }

  private void put(Mutation mutation, List<FollowRule> rules, byte[] document) {
    JsonObject after = DocumentCodec.decode(document);
    Set<SourceKey> fresh = snapshots(rules, after);
    if (!fresh.isEmpty() && !mutation.condition().equals(Condition.absent())) {
      Stored before = stored(mutation.key());
      if (before.isUnknown()) {
        return;
      }
      fresh.removeAll(snapshots(rules, before.document()));
    }
    lacking.addAll(fresh);
    addUnknown(rules, after);
  }

  private void patched(byte[] key, List<FollowRule> rules, Action.Patch action) {
    Patch patch = PatchCodec.decode(action.patch());
    if (action.initial().length == 0 && rules.stream().noneMatch(rule -> rule.mayRename(patch))) {
      return;
    }
    Stored stored = stored(key);
    JsonObject before = stored.document();
    if (stored.isUnknown() || (before == null && action.initial().length == 0)) {
      return;
    }
    JsonObject begin = before != null ? before : DocumentCodec.decode(action.initial());
    PatchResult result = patch.apply(begin, new Steps(STEPS_MAX), ApplyLimits.DOCUMENTS);
    // What changes nothing is not derived from.
    if (result instanceof PatchResult.Patched patched && !patched.document().equals(before)) {
      Set<SourceKey> fresh = snapshots(rules, patched.document());
      fresh.removeAll(snapshots(rules, before));
      lacking.addAll(fresh);
      addUnknown(rules, patched.document());
    }
  }

  /**
   * A document as it is stored.
   *
   * @param document null if there is none
   * @param isUnknown whether it cannot be told at once
   */
  private record Stored(@Nullable JsonObject document, boolean isUnknown) {
    static final Stored UNKNOWN = new Stored(null, true);
    static final Stored NONE = new Stored(null, false);
  }

  private Stored stored(byte[] key) {
    StoredItem item = ItemReader.getIfCached(view, key);
    if (item == null) {
      return Stored.NONE;
    }
    return ItemReader.isCached(item)
            && item.value() instanceof Value.Document document
            && document.bytes().length <= STORED_BYTES_MAX
        ? new Stored(DocumentCodec.decode(document.bytes()), false)
        : Stored.UNKNOWN;
  }

  /** What snapshots a document has, or is to have: those that it has already stay. */
  private static Set<SourceKey> snapshots(List<FollowRule> rules, @Nullable JsonObject document) {
    Set<SourceKey> sources = new LinkedHashSet<>();
    if (document != null) {
      for (FollowRule rule : rules) {
        if (!rule.follows()) {
          rule.sourcesOf(document).forEach(key -> sources.add(new SourceKey(rule.id(), key)));
        }
      }
    }
    return sources;
  }

  /** What a document follows of which the shard does not know anything. */
  private void addUnknown(List<FollowRule> rules, JsonObject document) {
    for (FollowRule rule : rules) {
      if (rule.follows()) {
        for (byte[] source : rule.sourcesOf(document)) {
          if (!mayBeKnown(rule, source)) {
            lacking.add(new SourceKey(rule.id(), source));
          }
        }
      }
    }
  }

  /** If it cannot be told without the disk, it is likely: what is not there is told by filters. */
  private boolean mayBeKnown(FollowRule rule, byte[] source) {
    return view.getIfCached(KeySpace.KNOWN, FollowRows.sourceRow(rule.id(), source)) != null;
  }
}
