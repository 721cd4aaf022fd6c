package io.henge.server.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.AggregateResult;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.FoundItem;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.filter.Filter;
import io.henge.document.find.Projection;
import io.henge.document.find.SortOrder;
import io.henge.document.find.Totals;
import io.henge.document.path.Path;
import io.henge.document.value.JsonValue;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.statemachine.ApplyLimits;
import io.henge.replication.statemachine.FindPlan;
import io.henge.replication.statemachine.Lookup;
import io.henge.replication.statemachine.RowSieve;
import io.henge.replication.statemachine.StoredItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** One find on one shard: what to keep of its rows, and the answer that they make. */
final class Find {
  /** Documents that are sorted at once, at most. */
  static final int SORTED_MAX = 10_000;

  private static final FindSieve.Effort PAGE = new FindSieve.Effort(10_000, 8 << 20, 1_000_000);

  /** A sort looks at all before it knows the first. */
  private static final FindSieve.Effort SORT = new FindSieve.Effort(100_000, 16 << 20, 10_000_000);

  /**
   * What is asked for.
   *
   * @param collections whose rows are looked for
   * @param filter null = all
   * @param sort null = in the order of keys
   * @param sortedAfter of a sorted find: where the last page ended; null = the first page
   * @param aggregates paths of the figures, empty = of the documents themselves; no figures if the
   *     list is empty
   * @param limit most items of a page
   * @param allShards whether the rows are of many sharding keys
   * @param prefix what all keys of the scan begin with
   * @param explain whether the answer says how it was found
   */
  record Wanted(
      IntPredicate collections,
      @Nullable Filter filter,
      Projection projection,
      @Nullable SortOrder sort,
      @Nullable SortCursor sortedAfter,
      List<Optional<Path>> aggregates,
      int limit,
      boolean allShards,
      byte[] prefix,
      DocumentForm form,
      boolean explain) {}

  private final Wanted wanted;

  /** Of the last attempt. */
  private @Nullable FindSieve sieve;

  Find(Wanted wanted) {
    this.wanted = wanted;
  }

  /** Begins an attempt; on the thread that reads, and answers. */
  RowSieve begin() {
    FindSieve begun =
        new FindSieve(wanted.collections, wanted.filter, wanted.sort == null ? PAGE : SORT);
    sieve = begun;
    return begun;
  }

  int itemsMax() {
    if (wanted.sort != null) {
      return SORTED_MAX;
    }
    return wanted.aggregates.isEmpty() ? wanted.limit : PAGE.rowsMax();
  }

  /**
   * The answer.
   *
   * @param copies what is known of copies in what was found
   * @throws HengeException if what was found cannot be sorted, or not be read
   */
  FindResponse answer(ReadOutcome outcome, CopyInfos copies) {
    FindSieve looked = sieve;
    FindResponse.Builder response =
        FindResponse.newBuilder()
            .setRowsLookedAt(looked == null ? 0 : looked.rows())
            .setShardVersion(outcome.shardVersion())
            .setShardTimeMillis(outcome.shardTimeMillis());
    FindPlan plan = looked == null ? null : looked.plan();
    if (wanted.explain) {
      response.setPlan(
          plan == null
              ? io.henge.api.v1.FindPlan.newBuilder()
                  .setText(wanted.allShards ? "scan of all shards" : "scan of the sharding key")
              : io.henge.api.v1.FindPlan.newBuilder()
                  .setText(plan.text())
                  .setIndex(Objects.requireNonNullElse(plan.index(), ""))
                  .setIndexRows(plan.indexRows())
                  .setInOrder(plan.isOrdered()));
    }
    if (wanted.sort != null) {
      sorted(response, wanted.sort, outcome, copies);
      Lookup.Place endedAt = plan == null ? null : plan.endedAt();
      if (endedAt != null && response.getCursor().isEmpty()) {
        // It has looked at enough, and the order goes on.
        response.setCursor(UnsafeByteOperations.unsafeWrap(SortCursor.of(endedAt).encode()));
      }
      return response.build();
    }
    if (wanted.aggregates.isEmpty()) {
      for (StoredItem item : outcome.items()) {
        if (item != null) {
          response.addItems(found(item, copies));
        }
      }
    } else {
      wanted.aggregates.forEach(path -> response.addAggregates(figures(path, outcome.items())));
    }
    byte[] next = outcome.next();
    if (next != null) {
      response.setCursor(
          UnsafeByteOperations.unsafeWrap(new ScanCursor(false, next).encode(wanted.prefix)));
    }
    return response.build();
  }

  private void sorted(
      FindResponse.Builder response, SortOrder order, ReadOutcome outcome, CopyInfos copies) {
    if (outcome.next() != null) {
      throw HengeException.invalid(
          "sort: at most "
              + SORTED_MAX
              + " documents of 16 MB together are sorted, more may match; narrow the filter, or"
              + " read them in the order of their keys");
    }
    List<SortCursor> places = new ArrayList<>();
    for (StoredItem item : outcome.items()) {
      if (item != null && item.value() instanceof Value.Document document) {
        places.add(
            new SortCursor(order.values(new DocumentReader(document.bytes()), steps()), item));
      }
    }
    places.sort((left, right) -> left.compare(right, order));
    int shown = 0;
    SortCursor last = null;
    for (SortCursor place : places) {
      if (wanted.sortedAfter != null && place.compare(wanted.sortedAfter, order) <= 0) {
        continue;
      }
      if (shown == wanted.limit && last != null) {
        response.setCursor(UnsafeByteOperations.unsafeWrap(last.encode()));
        break;
      }
      response.addItems(found(place.item(), copies));
      last = place;
      shown++;
    }
  }

  private AggregateResult figures(Optional<Path> path, List<@Nullable StoredItem> items) {
    Totals totals = new Totals();
    for (StoredItem item : items) {
      if (item != null && item.value() instanceof Value.Document document) {
        totals.add(new DocumentReader(document.bytes()), path.orElse(null), steps());
      }
    }
    JsonValue min = totals.min();
    JsonValue max = totals.max();
    return AggregateResult.newBuilder()
        .setCount(totals.count())
        .setNumbers(totals.numbers())
        .setSum(totals.sum().toString())
        .setMin(min == null ? "" : min.toString())
        .setMax(max == null ? "" : max.toString())
        .build();
  }

  private FoundItem found(StoredItem item, CopyInfos copies) {
    FoundItem.Builder found =
        FoundItem.newBuilder()
            .setCollectionId(PhysicalKey.collectionId(item.key()))
            .setItem(copies.with(item, WireValues.item(projected(item), wanted.form)));
    if (wanted.allShards) {
      found.setShardingKey(WireValues.key(PhysicalKey.shardingKey(item.key())));
    }
    return found.build();
  }

  private StoredItem projected(StoredItem item) {
    if (wanted.projection.isAll() || !(item.value() instanceof Value.Document document)) {
      return item;
    }
    byte[] part =
        DocumentCodec.encode(wanted.projection.of(DocumentCodec.decode(document.bytes())));
    return new StoredItem(
        item.key(), new Value.Document(part), item.version(), item.expiresAtMillis());
  }

  private static Steps steps() {
    return new Steps(ApplyLimits.STEPS_MAX);
  }
}
