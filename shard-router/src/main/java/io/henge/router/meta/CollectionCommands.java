package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.internal.v1.DropCollection;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.v1.CollectionRecord;

/** Collections that come and go. */
final class CollectionCommands {
  static final int COLLECTIONS_MAX = 10_000;

  /** A hundred years: more is a mistake in the unit. */
  static final long TTL_MILLIS_MAX = 36_525L * 24 * 3_600_000;

  private CollectionCommands() {}

  static MetaResult.Builder create(Draft draft, CreateCollection command) {
    String name = Names.requireName("collection name", command.getName());
    if (Long.compareUnsigned(command.getTtlMillis(), TTL_MILLIS_MAX) > 0) {
      throw Refused.invalid(
          "ttl_millis of a collection is at most "
              + TTL_MILLIS_MAX
              + " (100 years), not "
              + Long.toUnsignedString(command.getTtlMillis()));
    }
    if (command.hasDocuments()) {
      DocumentPaths.require(command);
    }
    MetaResult.Builder result = MetaResult.newBuilder();
    CollectionRecord known = draft.base.collection(name);
    if (known != null) {
      return result.setCollection(requireSame(known, command));
    }
    long live =
        draft.base.collections().stream().filter(collection -> !collection.getDropped()).count();
    if (live >= COLLECTIONS_MAX) {
      throw Refused.invalid(
          "there are "
              + COLLECTIONS_MAX
              + " collections already: drop one before you create "
              + name);
    }
    int id = draft.cluster.getNextCollectionId();
    if (id <= 0) {
      throw Refused.invalid("all 2^31 collection ids have been used");
    }
    draft.cluster.setNextCollectionId(id + 1);
    CollectionRecord.Builder made =
        CollectionRecord.newBuilder()
            .setId(id)
            .setName(name)
            .setTtlMillis(command.getTtlMillis())
            .setDivisible(command.getDivisible());
    if (command.hasDocuments()) {
      DerivedCommands.declare(draft, made, command.getDocuments());
    }
    return result.setCollection(draft.put(made));
  }

  private static CollectionRecord requireSame(CollectionRecord known, CreateCollection command) {
    if (!command.getIfAbsent()) {
      throw new Refused(
          ErrorCode.ALREADY_EXISTS, "there is a collection " + known.getName() + " already");
    }
    if (known.getTtlMillis() != command.getTtlMillis()
        || known.getDivisible() != command.getDivisible()
        || known.hasDocuments() != command.hasDocuments()
        || !DocumentPaths.keys(known.getDocuments())
            .equals(DocumentPaths.keys(command.getDocuments()))
        || !DerivedCommands.isDeclared(known.getDocuments(), command.getDocuments())) {
      throw new Refused(
          ErrorCode.ALREADY_EXISTS,
          "there is a collection "
              + known.getName()
              + " already, and it differs: ttl_millis "
              + known.getTtlMillis()
              + ", divisible "
              + known.getDivisible()
              + DocumentPaths.words(known.hasDocuments(), known.getDocuments())
              + "; asked for ttl_millis "
              + command.getTtlMillis()
              + ", divisible "
              + command.getDivisible()
              + DocumentPaths.words(command.hasDocuments(), command.getDocuments()));
    }
    return known;
  }

  static MetaResult.Builder drop(Draft draft, DropCollection command) {
    CollectionRecord known = draft.base.collection(command.getName());
    if (known == null) {
      throw new Refused(
          ErrorCode.NOT_FOUND, "there is no collection " + Names.shown(command.getName()));
    }
    DerivedCommands.requireNoSource(draft.base.collections(), known);
    return MetaResult.newBuilder().setCollection(draft.put(known.toBuilder().setDropped(true)));
  }
}
