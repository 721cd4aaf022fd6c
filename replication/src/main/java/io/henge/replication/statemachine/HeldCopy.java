package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A copy of a document on another shard, as a document has it.
 *
 * @param sourceCollection name of the collection that it is copied from
 * @param source physical key of the document that it is copied from
 * @param version of a followed one: of the source's state that it shows; 0 = none yet, or it does
 *     not follow
 * @param registered of a followed one: the source's shard sends its changes here
 */
public record HeldCopy(
    CopyRule rule, String sourceCollection, byte[] source, long version, boolean registered) {

  /** The copies in a document, in order of their rules; of anything else there are none. */
  public static List<HeldCopy> of(ReadView view, ShardState state, StoredItem item) {
    List<FollowRule> rules =
        state.catalogue().follow().ofHolder(PhysicalKey.collectionId(item.key()));
    if (rules.isEmpty() || !(item.value() instanceof Value.Document document)) {
      return List.of();
    }
    JsonObject holder = DocumentCodec.decode(document.bytes());
    List<HeldCopy> copies = new ArrayList<>();
    for (FollowRule rule : rules) {
      Catalogue.Collection collection = state.catalogue().find(rule.sourceId());
      String name = collection == null ? "" : collection.info().name();
      for (SourceKey source : sources(rule, holder)) {
        copies.add(
            rule.follows()
                ? followed(view, rule, name, source, item.key())
                : new HeldCopy(rule.rule(), name, source.key(), 0, false));
      }
    }
    return copies;
  }

  private static Set<SourceKey> sources(FollowRule rule, JsonObject holder) {
    Set<SourceKey> sources = new LinkedHashSet<>();
    for (JsonObject element : rule.elements(holder)) {
      byte[] source = rule.sourceKey(element);
      if (source != null) {
        sources.add(new SourceKey(rule.id(), source));
      }
    }
    return sources;
  }

  private static HeldCopy followed(
      ReadView view, FollowRule rule, String collection, SourceKey source, byte[] holder) {
    byte[] held =
        view.get(KeySpace.HOLDERS, FollowRows.holder(source.ruleId(), source.key(), holder));
    CopyAudit.Known known = CopyAudit.known(view, source);
    RingRange range = known == null ? null : known.range();
    return new HeldCopy(
        rule.rule(),
        collection,
        source.key(),
        held == null ? 0 : FollowRows.number(held),
        range != null && range.contains(holder) && !CopyAudit.isOutgoing(view, source));
  }
}
