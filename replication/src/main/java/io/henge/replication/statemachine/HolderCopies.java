package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Fills in snapshot and followed copies when their holder is written, and keeps the rows that later
 * changes find it by. Asks nobody: what it lacks makes the command fail, to be proposed again with
 * it.
 */
final class HolderCopies implements DeriveStep {
  /**
   * What is to be copied for one source.
   *
   * @param copy as it is to stand in the holder
   * @param version of the state it shows; 0 = not known yet
   */
  private record Copy(JsonObject copy, long version) {
    static final Copy NOT_YET = new Copy(JsonObject.EMPTY, 0);
  }

  @Override
  public boolean derive(Derivation derivation) {
    FollowPlan plan = derivation.shard().catalogue().follow();
    if (plan.isEmpty() || derivation.sources().areLearned()) {
      return true;
    }
    int count = derivation.count();
    for (int i = 0; i < count; i++) {
      DocumentChange change = derivation.change(i);
      List<FollowRule> rules = plan.ofHolder(change.collection().info().id());
      if (!rules.isEmpty()) {
        derive(derivation, change, rules);
      }
    }
    return derivation.sources().missing().isEmpty()
        || derivation.fail(
            ErrorCode.BUSY, "copies of documents on other shards are lacking: to be tried again");
  }

  private static void derive(Derivation derivation, DocumentChange change, List<FollowRule> rules) {
    JsonObject now = change.after();
    JsonObject after = copy(derivation, change.key(), rules, change.before(), now);
    if (after != null && !after.equals(now)) {
      derivation.set(change.key(), after);
    }
  }

  /**
   * Brings a holder that nobody writes up to what is known of its sources; derives nothing else.
   *
   * @return whether it has changed
   */
  static boolean refresh(
      Derivation derivation, byte[] key, List<FollowRule> rules, JsonObject holder) {
    JsonObject after = copy(derivation, key, rules, holder, holder);
    if (after == null || after.equals(holder)) {
      return false;
    }
    derivation.set(key, after);
    return true;
  }

  private static @Nullable JsonObject copy(
      Derivation derivation,
      byte[] key,
      List<FollowRule> rules,
      @Nullable JsonObject before,
      @Nullable JsonObject now) {
    JsonObject after = now;
    for (FollowRule rule : rules) {
      SourceNames names = new SourceNames(rule);
      Map<SourceKey, JsonObject> had = copiesIn(rule, names, before);
      Map<SourceKey, Copy> has = new HashMap<>();
      if (after != null) {
        after = rule.edit(after, element -> copy(derivation, rule, names, key, element, had, has));
      }
      for (SourceKey gone : had.keySet()) {
        if (!has.containsKey(gone)) {
          derivation.rows().delete(KeySpace.HOLDERS, row(gone, key));
        }
      }
    }
    return after;
  }

  private static Map<SourceKey, JsonObject> copiesIn(
      FollowRule rule, SourceNames names, @Nullable JsonObject holder) {
    Map<SourceKey, JsonObject> copies = new HashMap<>();
    if (holder != null) {
      for (JsonObject element : rule.elements(holder)) {
        SourceKey source = names.of(element);
        if (source != null && !copies.containsKey(source)) {
          copies.put(source, rule.copyIn(element));
        }
      }
    }
    return copies;
  }

  private static JsonObject copy(
      Derivation derivation,
      FollowRule rule,
      SourceNames names,
      byte[] holder,
      JsonObject element,
      Map<SourceKey, JsonObject> had,
      Map<SourceKey, Copy> has) {
    SourceKey name = names.of(element);
    if (name == null) {
      // What the rule owns is not for anybody else to write.
      return rule.withCopy(element, JsonObject.EMPTY);
    }
    Copy copy = has.get(name);
    if (copy == null) {
      if (has.size() == FollowRule.KEYS_MAX) {
        return beyond(derivation, rule, element, name, had);
      }
      copy =
          rule.follows()
              ? follow(derivation, rule, name, holder, had.get(name))
              : snapshot(derivation, rule, name, holder, had.get(name));
      has.put(name, copy);
    }
    return rule.withCopy(element, copy.copy());
  }

  /**
   * An element that names one source more than a document may have copies of. Only what was there
   * before the rule can have such: what is beyond has no copy, and no row. A fill that failed at it
   * would stop every replica.
   */
  private static JsonObject beyond(
      Derivation derivation,
      FollowRule rule,
      JsonObject element,
      SourceKey name,
      Map<SourceKey, JsonObject> had) {
    if (!derivation.sources().areLearned() && had.size() <= FollowRule.KEYS_MAX) {
      throw HengeException.invalid(
          rule.rule().target()
              + ": a document may have copies of "
              + FollowRule.KEYS_MAX
              + " different documents, this one has more; divide it");
    }
    return rule.withCopy(
        element, rule.follows() ? JsonObject.EMPTY : had.getOrDefault(name, JsonObject.EMPTY));
  }

  private static Copy snapshot(
      Derivation derivation,
      FollowRule rule,
      SourceKey name,
      byte[] holder,
      @Nullable JsonObject had) {
    if (had != null) {
      return new Copy(had, 0);
    }
    CopySource given = derivation.sources().find(name);
    if (given == null || given.version() == 0) {
      return notYet(derivation, name, given);
    }
    JsonObject taken = shown(rule, given.fields(), JsonObject.EMPTY);
    // Nobody could tell later what it was to be.
    derivation
        .rows()
        .put(
            KeySpace.HOLDERS,
            row(name, holder),
            new FollowRows.Taken(given.version(), rule.checksum(taken)).encode());
    return new Copy(taken, given.version());
  }

  private static Copy notYet(Derivation derivation, SourceKey name, @Nullable CopySource given) {
    CommandSources sources = derivation.sources();
    if (given == null && sources.mayAsk() && !sources.lacks(name)) {
      throw HengeException.invalid(
          "a write may need copies of "
              + CommandSources.MISSING_MAX
              + " documents on other shards, this one needs more; divide it");
    }
    return Copy.NOT_YET;
  }

  /** How fields are shown in a holder; {@code had} stays if the source is gone and copies stay. */
  static JsonObject shown(FollowRule rule, byte @Nullable [] fields, JsonObject had) {
    if (fields != null) {
      return DocumentCodec.decode(fields);
    }
    return rule.nullsDeleted() ? rule.nulls() : had;
  }

  private static Copy follow(
      Derivation derivation,
      FollowRule rule,
      SourceKey name,
      byte[] holder,
      @Nullable JsonObject had) {
    DerivedRows rows = derivation.rows();
    byte[] sourceRow = FollowRows.sourceRow(name.ruleId(), name.key());
    byte[] knownRow = rows.get(KeySpace.KNOWN, sourceRow);
    FollowRows.Known known = knownRow == null ? null : FollowRows.Known.decode(knownRow);
    byte[] heldRow = had == null ? null : rows.get(KeySpace.HOLDERS, row(name, holder));
    long held = heldRow == null ? 0 : FollowRows.number(heldRow);
    CopySource given = derivation.sources().find(name);
    FollowRows.Known newest = known;
    if (given != null && given.version() > (known == null ? 0 : known.version())) {
      newest =
          new FollowRows.Known(
              given.version(), given.fields(), known == null ? null : known.range());
      rows.put(KeySpace.KNOWN, sourceRow, newest.encode());
    }
    Copy copy;
    if (held != 0 && (newest == null || held >= newest.version())) {
      copy = new Copy(Objects.requireNonNull(had), held);
    } else if (newest != null) {
      JsonObject last = had == null ? JsonObject.EMPTY : had;
      copy = new Copy(shown(rule, newest.fields(), last), newest.version());
    } else {
      // What was there before the rule, the values of the one that it replaces, stays until then.
      Copy none = notYet(derivation, name, given);
      copy = had == null ? none : new Copy(had, none.version());
    }
    if (heldRow == null || held != copy.version()) {
      rows.put(KeySpace.HOLDERS, row(name, holder), FollowRows.number(copy.version()));
    }
    boolean registered =
        newest != null && newest.range() != null && newest.range().contains(holder);
    if (!registered && rows.get(KeySpace.OUTBOX, sourceRow) == null) {
      rows.put(KeySpace.OUTBOX, sourceRow, FollowRows.number(derivation.nextVersion()));
    }
    return copy;
  }

  static byte[] row(SourceKey name, byte[] holder) {
    return FollowRows.holder(name.ruleId(), name.key(), holder);
  }
}
