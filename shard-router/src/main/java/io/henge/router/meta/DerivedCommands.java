package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.CreateCopy;
import io.henge.api.internal.v1.CreateIndex;
import io.henge.api.internal.v1.DropCopy;
import io.henge.api.internal.v1.DropIndex;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.SetChanges;
import io.henge.api.v1.ChangeStream;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.CopyState;
import io.henge.api.v1.Documents;
import io.henge.api.v1.Index;
import io.henge.api.v1.SortField;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is derived from documents: indexes, declared copies, change streams. */
final class DerivedCommands {
  static final int INDEXES_MAX = 8;
  static final int INDEX_FIELDS_MAX = 8;

  /** A month. */
  static final long RETENTION_MILLIS_MAX = 31L * 24 * 3_600_000;

  private DerivedCommands() {}

  // ---- Indexes ----

  static MetaResult.Builder createIndex(Draft draft, CreateIndex command) {
    CollectionRecord collection = requireDocuments(draft.base, command.getCollection());
    Index known = index(collection.getDocuments(), command.getIndex().getName());
    if (known != null) {
      if (command.getIfAbsent() && isSame(known, command.getIndex())) {
        return result(collection, known.getId());
      }
      throw new Refused(
          ErrorCode.ALREADY_EXISTS,
          "collection "
              + collection.getName()
              + " has an index "
              + known.getName()
              + " already; drop it first, or name this one differently");
    }
    CollectionRecord.Builder changed = collection.toBuilder();
    int id = add(draft, changed, command.getIndex());
    return result(draft.put(changed), id);
  }

  /** Adds an index that is not there yet; returns its id. */
  private static int add(Draft draft, CollectionRecord.Builder collection, Index index) {
    Names.requireName("index name", index.getName());
    if (index.getFieldsCount() < 1 || index.getFieldsCount() > INDEX_FIELDS_MAX) {
      throw Refused.invalid(
          "index "
              + index.getName()
              + ": 1 to "
              + INDEX_FIELDS_MAX
              + " paths expected, found "
              + index.getFieldsCount());
    }
    Set<String> seen = new HashSet<>();
    for (SortField field : index.getFieldsList()) {
      CopyRules.requirePath("index " + index.getName(), field.getPath());
      if (!seen.add(field.getPath())) {
        throw Refused.invalid(
            "index " + index.getName() + ": " + field.getPath() + " is there twice");
      }
    }
    Documents.Builder documents = collection.getDocumentsBuilder();
    if (documents.getIndexesCount() >= INDEXES_MAX) {
      throw Refused.invalid(
          "collection "
              + collection.getName()
              + " has "
              + INDEXES_MAX
              + " indexes, as many as it may have: drop one before you create "
              + index.getName());
    }
    int id = nextId(draft);
    documents.addIndexes(index.toBuilder().setId(id));
    return id;
  }

  private static boolean isSame(Index known, Index wanted) {
    return known.getName().equals(wanted.getName())
        && known.getFieldsList().equals(wanted.getFieldsList());
  }

  static MetaResult.Builder dropIndex(Draft draft, DropIndex command) {
    CollectionRecord collection = requireDocuments(draft.base, command.getCollection());
    Index known = index(collection.getDocuments(), command.getName());
    if (known == null) {
      throw new Refused(
          ErrorCode.NOT_FOUND,
          "collection " + collection.getName() + " has no index " + Names.shown(command.getName()));
    }
    CollectionRecord.Builder changed = collection.toBuilder();
    changed
        .getDocumentsBuilder()
        .removeIndexes(collection.getDocuments().getIndexesList().indexOf(known));
    return result(draft.put(changed), known.getId());
  }

  private static @Nullable Index index(Documents documents, String name) {
    return documents.getIndexesList().stream()
        .filter(index -> index.getName().equals(name))
        .findFirst()
        .orElse(null);
  }

  // ---- Copies ----

  static MetaResult.Builder createCopy(Draft draft, CreateCopy command) {
    CollectionRecord holder = requireDocuments(draft.base, command.getCollection());
    CopyRule wanted = command.getRule();
    if (command.getIfAbsent() || command.getReplace()) {
      for (CopyRule known : holder.getDocuments().getRulesList()) {
        if (isSame(known, wanted)) {
          return result(holder, known.getId());
        }
      }
    }
    CollectionRecord.Builder changed = holder.toBuilder();
    if (command.getReplace()) {
      CopyRule old = replaced(wanted, holder);
      if (old != null && isSame(unbound(old), unbound(wanted))) {
        CopyRules.requireShape(wanted);
        CopyRule kept = old.toBuilder().setBoundMillis(wanted.getBoundMillis()).build();
        set(changed, kept);
        return result(draft.put(changed), kept.getId());
      } else if (old != null) {
        set(changed, old.toBuilder().setState(CopyState.COPY_STATE_DROPPED_KEEPING).build());
      }
    }
    int id = add(draft, changed, wanted);
    return result(draft.put(changed), id);
  }

  /** The rule in whose place this one is to be; null if nothing writes there yet. */
  private static @Nullable CopyRule replaced(CopyRule wanted, CollectionRecord holder) {
    List<CopyRule> there = CopyRules.overlapping(wanted, holder.getDocuments());
    if (there.size() > 1) {
      throw Refused.invalid(
          "replace: what it writes is written by copies "
              + there.stream().map(CopyRule::getId).toList()
              + " of "
              + holder.getName()
              + "; one expected, so drop the others first");
    }
    return there.isEmpty() ? null : there.get(0);
  }

  private static CopyRule unbound(CopyRule rule) {
    return rule.toBuilder().setBoundMillis(0).build();
  }

  /** Puts a rule in the place of itself. */
  private static void set(CollectionRecord.Builder holder, CopyRule rule) {
    List<CopyRule> rules = new ArrayList<>(holder.getDocuments().getRulesList());
    rules.replaceAll(known -> known.getId() == rule.getId() ? rule : known);
    forgetOldest(rules);
    holder.getDocumentsBuilder().clearRules().addAllRules(rules);
  }

  /** Adds a rule; returns its id. */
  private static int add(Draft draft, CollectionRecord.Builder holder, CopyRule rule) {
    boolean itself = rule.getSource().equals(holder.getName());
    CollectionRecord source =
        itself ? holder.build() : requireDocuments(draft.base, rule.getSource());
    CollectionRecord before = holder.build();
    CopyRules.require(rule, source, before);
    List<CollectionRecord> all = new ArrayList<>(draft.base.collections());
    all.removeIf(collection -> collection.getId() == before.getId());
    all.add(before);
    CopyGraph.require(all, rule.toBuilder().setSourceId(source.getId()).build(), before);
    Documents.Builder documents = holder.getDocumentsBuilder();
    long live = documents.getRulesList().stream().filter(CopyRules::isLive).count();
    if (live >= CopyRules.RULES_MAX) {
      throw Refused.invalid(
          "collection "
              + holder.getName()
              + " holds "
              + CopyRules.RULES_MAX
              + " copies, as many as it may hold: drop one first");
    }
    int id = nextId(draft);
    documents.addRules(rule.toBuilder().setId(id).setSourceId(source.getId()));
    return id;
  }

  /** Whether a rule is there, whatever its id. */
  private static boolean isSame(CopyRule known, CopyRule wanted) {
    return CopyRules.isLive(known)
        && known.toBuilder()
            .setId(0)
            .setSourceId(0)
            .build()
            .equals(wanted.toBuilder().setId(0).setSourceId(0).build());
  }

  static MetaResult.Builder dropCopy(Draft draft, DropCopy command) {
    CollectionRecord holder = requireDocuments(draft.base, command.getCollection());
    for (CopyRule rule : holder.getDocuments().getRulesList()) {
      if (rule.getId() == command.getId() && CopyRules.isLive(rule)) {
        CopyState state =
            command.getKeep() ? CopyState.COPY_STATE_DROPPED_KEEPING : CopyState.COPY_STATE_DROPPED;
        CollectionRecord.Builder changed = holder.toBuilder();
        set(changed, rule.toBuilder().setState(state).build());
        return result(draft.put(changed), command.getId());
      }
    }
    throw new Refused(
        ErrorCode.NOT_FOUND,
        "collection "
            + holder.getName()
            + " holds no copy "
            + Integer.toUnsignedString(command.getId()));
  }

  private static void forgetOldest(List<CopyRule> rules) {
    long dropped = rules.stream().filter(rule -> !CopyRules.isLive(rule)).count();
    for (int i = 0; i < rules.size() && dropped > CopyRules.DROPPED_KEPT; i++) {
      if (!CopyRules.isLive(rules.get(i))) {
        rules.remove(i--);
        dropped--;
      }
    }
  }

  /** A collection that copies are made of stays. */
  static void requireNoSource(Collection<CollectionRecord> collections, CollectionRecord dropped) {
    for (CollectionRecord holder : collections) {
      if (holder.getDropped() || holder.getId() == dropped.getId()) {
        continue;
      }
      for (CopyRule rule : holder.getDocuments().getRulesList()) {
        if (CopyRules.isLive(rule) && rule.getSourceId() == dropped.getId()) {
          throw new Refused(
              ErrorCode.CONDITION_FAILED,
              "collection "
                  + dropped.getName()
                  + " is the source of copy "
                  + rule.getId()
                  + " in "
                  + holder.getName()
                  + ": drop that one first (drop copy "
                  + rule.getId()
                  + ", with keep if its values are to stay)");
        }
      }
    }
  }

  // ---- Changes ----

  static MetaResult.Builder setChanges(Draft draft, SetChanges command) {
    CollectionRecord collection = requireDocuments(draft.base, command.getCollection());
    CollectionRecord.Builder changed = collection.toBuilder();
    if (command.hasChanges()) {
      requireChanges(command.getChanges());
      changed.getDocumentsBuilder().setChanges(command.getChanges());
    } else {
      changed.getDocumentsBuilder().clearChanges();
    }
    return result(changed.build().equals(collection) ? collection : draft.put(changed), 0);
  }

  private static void requireChanges(ChangeStream changes) {
    long millis = changes.getRetentionMillis();
    if (millis < 1 || millis > RETENTION_MILLIS_MAX) {
      throw Refused.invalid(
          "retention_millis: 1 to "
              + RETENTION_MILLIS_MAX
              + " (31 days) expected, found "
              + Long.toUnsignedString(millis));
    }
  }

  // ---- All of it ----

  /** What a new collection declares with itself, one after the other. */
  static void declare(Draft draft, CollectionRecord.Builder made, Documents wanted) {
    Documents.Builder documents =
        made.setDocuments(wanted).getDocumentsBuilder().clearIndexes().clearRules();
    for (Index index : wanted.getIndexesList()) {
      if (index(documents.build(), index.getName()) != null) {
        throw Refused.invalid("indexes: two are named " + index.getName());
      }
      add(draft, made, index);
    }
    for (CopyRule rule : wanted.getRulesList()) {
      add(draft, made, rule);
    }
    if (wanted.hasChanges()) {
      requireChanges(wanted.getChanges());
    }
  }

  /** Whether everything that is wanted is declared. */
  static boolean isDeclared(Documents known, Documents wanted) {
    for (Index index : wanted.getIndexesList()) {
      if (known.getIndexesList().stream().noneMatch(each -> isSame(each, index))) {
        return false;
      }
    }
    for (CopyRule rule : wanted.getRulesList()) {
      if (known.getRulesList().stream().noneMatch(each -> isSame(each, rule))) {
        return false;
      }
    }
    return !wanted.hasChanges() || known.getChanges().equals(wanted.getChanges());
  }

  static void requireLevel(Draft draft, int needed) {
    int level = draft.cluster.getFeatureLevel();
    if (Integer.compareUnsigned(level, needed) < 0) {
      throw new Refused(ErrorCode.CONDITION_FAILED, Levels.refusal(level, needed));
    }
  }

  private static int nextId(Draft draft) {
    int id = Math.max(1, draft.cluster.getNextDerivedId());
    if (id == Integer.MAX_VALUE) {
      throw Refused.invalid("all 2^31 ids of indexes and copies have been used");
    }
    draft.cluster.setNextDerivedId(id + 1);
    return id;
  }

  private static CollectionRecord requireDocuments(MetaState base, String name) {
    CollectionRecord collection = base.collection(name);
    if (collection == null) {
      throw new Refused(ErrorCode.NOT_FOUND, "there is no collection " + Names.shown(name));
    }
    if (!collection.hasDocuments()) {
      throw Refused.invalid(
          "collection " + name + " holds items, not documents: it has no fields to derive from");
    }
    return collection;
  }

  private static MetaResult.Builder result(CollectionRecord collection, int id) {
    return MetaResult.newBuilder().setCollection(collection).setDerivedId(id);
  }
}
