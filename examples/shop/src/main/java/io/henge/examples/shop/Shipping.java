package io.henge.examples.shop;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentChange;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.HengeClient;
import io.henge.client.Watch;
import io.henge.client.WatchOptions;
import io.henge.document.filter.Filters;
import io.henge.document.patch.Patches;
import java.time.Duration;
import java.util.Optional;

/**
 * Ships what is paid. It watches orders, keeps in a document how far it has come, and goes on from
 * there wherever it is started next. Changes come at least once, so shipping is a patch with a
 * condition: an order that is shipped already stays as it is. Of one thread.
 */
public final class Shipping {
  private static final Key PLACE = Key.of("shipping");

  /** How far somebody has come who watches; the token is text. */
  private record Bookmark(String reader, String token) {}

  private final HengeClient henge;
  private final DocumentCollection<Order> orders;
  private final DocumentCollection<Bookmark> bookmarks;

  /** Of the orders of a {@link Shop} that has been opened. */
  public Shipping(HengeClient henge) {
    this.henge = henge;
    this.orders = henge.documents("orders", Order.class);
    this.bookmarks = henge.documents("bookmarks", Bookmark.class);
  }

  /** Creates what is not there yet. */
  public void open() {
    henge
        .admin()
        .createCollection(
            "bookmarks",
            CollectionOptions.documentsShardedBy("reader").withId("reader").onlyIfAbsent());
  }

  /**
   * Ships until nothing is paid for a while.
   *
   * @param idle how long to wait for the next order
   * @return how many were shipped
   */
  public int run(Duration idle) {
    try {
      return run(bookmark().map(WatchOptions::after).orElse(WatchOptions.START), idle);
    } catch (HengeException e) {
      if (e.code() != ErrorCode.NOT_FOUND) {
        throw e;
      }
      // It has been away for longer than changes are kept: once through all orders, then on.
      return run(WatchOptions.START, idle);
    }
  }

  private int run(WatchOptions from, Duration idle) {
    int shipped = 0;
    try (Watch<Order> watch = orders.watch(from.where(Filters.eq("status", "paid")))) {
      Optional<DocumentChange<Order>> change = watch.poll(idle);
      while (change.isPresent()) {
        shipped += ship(change.get()) ? 1 : 0;
        // Behind what has been done: if it ends before this, some of it is seen again.
        bookmarks.upsert(new Bookmark("shipping", watch.token().toText()));
        change = watch.poll(idle);
      }
    }
    return shipped;
  }

  private boolean ship(DocumentChange<Order> change) {
    if (change.after().isEmpty()) {
      return false;
    }
    try {
      orders.patch(
          change.shardingKey(),
          change.id(),
          Patches.set("status", "shipped"),
          DocumentOptions.DEFAULT.onlyIf(Filters.eq("status", "paid")));
      return true;
    } catch (HengeException e) {
      if (e.code() == ErrorCode.CONDITION_FAILED || e.code() == ErrorCode.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  private Optional<ChangeToken> bookmark() {
    return bookmarks.get(PLACE).map(stored -> ChangeToken.parse(stored.document().token()));
  }
}
