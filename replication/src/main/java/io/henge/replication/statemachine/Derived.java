package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What follows from a change of a document of one collection: from its description and those of all
 * collections that have copies of its documents. Whether an index or rule is kept at the moment
 * stands in {@link DerivedStates}. Immutable.
 *
 * @param indexes in order of their ids
 * @param held rules whose holders these documents are, LIVE ones, in order of their ids
 * @param sourceOf LIVE rules that copy from these documents, in order of their ids
 */
record Derived(
    List<Indexed> indexes,
    List<CopyRule> held,
    List<SourceOf> sourceOf,
    @Nullable ChangesInfo changes) {

  /** A rule, seen from its source. */
  record SourceOf(int holderId, CopyRule rule) {}

  /** Null if nothing is derived from a collection's documents. */
  static @Nullable Derived of(CollectionInfo info, Iterable<Catalogue.Collection> all) {
    CollectionInfo.Documents documents = info.documents();
    if (documents == null || info.dropped()) {
      return null;
    }
    List<SourceOf> sourceOf = new ArrayList<>();
    for (Catalogue.Collection other : all) {
      CollectionInfo.Documents holders = other.info().documents();
      if (holders != null && !other.info().dropped()) {
        for (CopyRule rule : holders.rules()) {
          if (rule.sourceId() == info.id() && rule.state() == CopyRule.State.LIVE) {
            sourceOf.add(new SourceOf(other.info().id(), rule));
          }
        }
      }
    }
    sourceOf.sort((a, b) -> Integer.compareUnsigned(a.rule().id(), b.rule().id()));
    List<CopyRule> held =
        documents.rules().stream().filter(rule -> rule.state() == CopyRule.State.LIVE).toList();
    if (documents.indexes().isEmpty()
        && held.isEmpty()
        && sourceOf.isEmpty()
        && documents.changes() == null) {
      return null;
    }
    List<Indexed> indexes = documents.indexes().stream().map(Indexed::of).toList();
    return new Derived(indexes, held, List.copyOf(sourceOf), documents.changes());
  }

  /** Rules that a change of such a document makes apply look at. */
  int ruleCount() {
    return held.size() + sourceOf.size();
  }
}
