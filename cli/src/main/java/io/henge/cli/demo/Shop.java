package io.henge.cli.demo;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.Batch;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.WriteOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The shop's data as it is loaded, and what must be found again. */
final class Shop {
  static final String CUSTOMERS = "customers";
  static final String CARTS = "carts";
  static final String STOCK = "stock";
  static final String SESSIONS = "sessions";
  static final String ORDERS = "orders";
  static final int CUSTOMER_COUNT = 300;
  static final int CART_ITEMS = 3;
  static final int PRODUCT_COUNT = 60;
  static final int SESSION_COUNT = 100;
  static final long STOCK_AT_FIRST = 1_000_000;
  static final Duration SESSION_TTL = Duration.ofSeconds(5);

  private final HengeClient client;

  Shop(HengeClient client) {
    this.client = client;
  }

  /** Two parts, so that the key is a tuple: country and number. */
  static Key customer(int number) {
    return Key.of(number % 2 == 0 ? "eu" : "us", number);
  }

  static Key product(int number) {
    return Key.of("product-" + number);
  }

  private static Key session(int number) {
    return Key.of("session-" + number);
  }

  private static Value profile(int number) {
    return Value.of("{\"name\": \"Customer " + number + "\", \"points\": " + number * 7 + "}");
  }

  private static Value cartItem(int customer, int item) {
    return Value.of("{\"product\": \"product-" + (customer + item) % PRODUCT_COUNT + "\"}");
  }

  void createCollections() {
    for (String name : List.of(CUSTOMERS, CARTS, STOCK, ORDERS)) {
      client.admin().createCollection(name, CollectionOptions.defaults());
    }
    client.admin().createCollection(SESSIONS, CollectionOptions.defaults().withTtl(SESSION_TTL));
  }

  /** Writes everything; returns the number of items. */
  int load() {
    List<CompletableFuture<?>> writes = new ArrayList<>();
    for (int i = 0; i < CUSTOMER_COUNT; i++) {
      // A customer and the cart share their sharding key: one batch, all or nothing.
      Batch batch = Batch.on(customer(i)).put(CUSTOMERS, Key.EMPTY, profile(i));
      for (int item = 0; item < CART_ITEMS; item++) {
        batch.put(CARTS, Key.of(item), cartItem(i, item));
      }
      writes.add(client.writeAsync(batch, WriteOptions.DEFAULT));
    }
    for (int i = 0; i < PRODUCT_COUNT; i++) {
      writes.add(put(STOCK, product(i), Value.of(STOCK_AT_FIRST)));
    }
    for (int i = 0; i < SESSION_COUNT; i++) {
      writes.add(put(SESSIONS, session(i), Value.of("signed in")));
    }
    writes.forEach(CompletableFuture::join);
    return CUSTOMER_COUNT * (1 + CART_ITEMS) + PRODUCT_COUNT + SESSION_COUNT;
  }

  private CompletableFuture<?> put(String collection, Key key, Value value) {
    return client.collection(collection).async().put(key, Key.EMPTY, value, WriteOptions.DEFAULT);
  }

  /** Reads customers and carts back; returns a sentence for each that is not as it was written. */
  List<String> differences() {
    List<String> differences = new ArrayList<>();
    ItemCollection customers = client.collection(CUSTOMERS);
    ItemCollection carts = client.collection(CARTS);
    for (int i = 0; i < CUSTOMER_COUNT; i++) {
      Value found = customers.get(customer(i), Key.EMPTY).map(Item::value).orElse(null);
      if (!profile(i).equals(found)) {
        differences.add("customer " + customer(i) + " is not as it was written");
      }
      Iterator<Item> cart = carts.iterate(customer(i), ScanOptions.ALL, ReadOptions.LINEARIZABLE);
      for (int item = 0; item < CART_ITEMS; item++) {
        Optional<Item> next = cart.hasNext() ? Optional.of(cart.next()) : Optional.empty();
        if (!next.map(Item::sortKey).equals(Optional.of(Key.of(item)))
            || !next.map(Item::value).equals(Optional.of(cartItem(i, item)))) {
          differences.add("the cart of " + customer(i) + " lacks item " + item);
        }
      }
    }
    return differences;
  }

  /** Sessions that have not expired yet. */
  int sessionsLeft() {
    int left = 0;
    ItemCollection sessions = client.collection(SESSIONS);
    for (int i = 0; i < SESSION_COUNT; i++) {
      left += sessions.get(session(i), Key.EMPTY).isPresent() ? 1 : 0;
    }
    return left;
  }
}
