package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import org.jspecify.annotations.Nullable;

/**
 * Builds and drops LIST, COUNT and SUM rules over documents that are there: first the rows, from
 * the sources, then what holders have. A holder gets its copies when all rows of the shard are
 * whole: by the fill, or earlier if it or a source of it is written then.
 */
final class FamilyFiller implements Filler {
  /**
   * Most members of lists that one entry makes, about: each is a document that is read. Part of the
   * format.
   */
  private static final int MEMBERS_MAX = 2000;

  @Override
  public @Nullable DerivedState fill(DerivedState state, Filling filling) {
    FamilyRule rule = filling.shard().catalogue().families().rule(state.id());
    if (state.phase() == DerivedState.Phase.BUILDING) {
      if (rule == null) {
        // Its source is not known here: there is nothing to build from.
        return state.in(DerivedState.Phase.READY);
      }
      return FamilyRows.isAtHolders(state)
          ? fillHolders(rule, state, filling)
          : fillRows(rule, state, filling);
    }
    return FamilyRows.isAtHolders(state)
        ? emptyHolders(rule, state, filling)
        : deleteRows(rule, state, filling);
  }

  // ---- Building ----

  private static DerivedState fillRows(FamilyRule rule, DerivedState state, Filling filling) {
    FamilyRows rows = new FamilyRows(filling.derivation());
    byte[] next =
        filling.forEachDocument(
            FamilyRows.key(state.position()),
            rule.sourceId(),
            (key, document) -> {
              PathReader reader = new DocumentReader(document);
              byte[] holder = rule.holderOf(key, reader);
              if (holder != null && rule.isList()) {
                rows.addMember(FamilyRows.member(rule, holder, key, reader));
              } else if (holder != null) {
                rows.put(rule, holder, rows.total(rule, holder).plus(1, rule.amount(reader)));
              }
              return true;
            });
    return state.at(next == null ? FamilyRows.atHolders(new byte[0]) : FamilyRows.atSources(next));
  }

  private static DerivedState fillHolders(FamilyRule rule, DerivedState state, Filling filling) {
    FamilyRows rows = new FamilyRows(filling.derivation());
    int[] holders = {0};
    byte[] next =
        filling.forEachDocument(
            FamilyRows.key(state.position()),
            rule.holderId(),
            (key, document) -> {
              if (holders[0] > 0 && holders[0] * (1 + rule.last()) > MEMBERS_MAX) {
                return false;
              }
              holders[0]++;
              JsonObject before = DocumentCodec.decode(document);
              JsonObject after = rule.withCopy(before, rows.copy(rule, key, null));
              if (!after.equals(before)) {
                filling.derivation().set(key, after);
              }
              return true;
            });
    return next == null ? state.in(DerivedState.Phase.READY) : state.at(FamilyRows.atHolders(next));
  }

  // ---- Dropping ----

  /** Deletes the rule's rows, which lie between those of others. */
  private static @Nullable DerivedState deleteRows(
      @Nullable FamilyRule rule, DerivedState state, Filling filling) {
    byte[] after = FamilyRows.key(state.position());
    ShardDescription range = filling.range();
    byte[] from = range.later(after.length == 0 ? after : Filling.next(after));
    int seen = 0;
    if (!ShardDescription.isEmpty(from, range.end())) {
      try (RowCursor cursor = filling.rows().scan(KeySpace.INDEX, from, range.end(), false)) {
        while (cursor.next()) {
          if (seen++ == Filling.ROWS_MAX) {
            return state.at(FamilyRows.atSources(after));
          }
          after = cursor.key();
          if (PhysicalKey.collectionId(after) == state.id()) {
            filling.rows().delete(KeySpace.INDEX, after);
          }
        }
      }
    }
    boolean empties = rule != null && rule.rule().state() == CopyRule.State.DROPPED;
    return empties ? state.at(FamilyRows.atHolders(new byte[0])) : null;
  }

  /** Takes the rule's copies out of their holders, unless another rule writes there now. */
  private static @Nullable DerivedState emptyHolders(
      @Nullable FamilyRule rule, DerivedState state, Filling filling) {
    if (rule == null || isWritten(rule, filling.shard().catalogue())) {
      return null;
    }
    byte[] next =
        filling.forEachDocument(
            FamilyRows.key(state.position()),
            rule.holderId(),
            (key, document) -> {
              JsonObject before = DocumentCodec.decode(document);
              JsonObject after = rule.withoutCopy(before);
              if (!after.equals(before)) {
                filling.derivation().set(key, after);
              }
              return true;
            });
    return next == null ? null : state.at(FamilyRows.atHolders(next));
  }

  private static boolean isWritten(FamilyRule rule, Catalogue catalogue) {
    return WrittenPaths.of(rule.rule()).stream()
        .anyMatch(path -> WrittenPaths.isWritten(path, rule.holderId(), catalogue));
  }
}
