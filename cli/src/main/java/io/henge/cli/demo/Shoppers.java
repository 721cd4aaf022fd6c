package io.henge.cli.demo;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Customers who buy, each on a thread of its own and all its keys on one shard, so that a shard
 * without a leader stops nobody who has no business there. They remember every purchase that was
 * acknowledged: that is what must be found again.
 */
final class Shoppers implements AutoCloseable {
  static final int PER_SHARD = 3;
  private static final int FAILURES_KEPT = 100;

  private final HengeClient client;
  private final List<Thread> threads = new ArrayList<>();
  private final Map<Long, GapMeter> gaps = new TreeMap<>();
  private final Map<Key, AtomicLong> sold = new ConcurrentHashMap<>();
  private final Map<Key, AtomicLong> orders = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;

  Shoppers(HengeClient client, ShardMap map) {
    this.client = client;
    for (var shard : map.shards()) {
      List<Key> products = on(map, shard.id(), Shop.PRODUCT_COUNT, Shop::product);
      List<Key> customers = on(map, shard.id(), Shop.CUSTOMER_COUNT, Shop::customer);
      if (products.isEmpty() || customers.size() < PER_SHARD) {
        continue;
      }
      GapMeter gap = new GapMeter(System.nanoTime());
      gaps.put(shard.id(), gap);
      for (int i = 0; i < PER_SHARD; i++) {
        Key customer = customers.get(i);
        Thread thread =
            new Thread(() -> shop(customer, products, gap), "shopper-" + shard.id() + "-" + i);
        thread.setDaemon(true);
        threads.add(thread);
      }
    }
    threads.forEach(Thread::start);
  }

  private static List<Key> on(
      ShardMap map, long shard, int count, java.util.function.IntFunction<Key> key) {
    return IntStream.range(0, count).mapToObj(key).filter(k -> map.shardOf(k) == shard).toList();
  }

  private void shop(Key customer, List<Key> products, GapMeter gap) {
    ItemCollection stock = client.collection(Shop.STOCK);
    ItemCollection history = client.collection(Shop.ORDERS);
    for (int i = 0; !closed && failures.size() < FAILURES_KEPT; i++) {
      Key product = products.get(i % products.size());
      try {
        stock.increment(product, Key.EMPTY, -1);
        gap.success(System.nanoTime());
        sold.computeIfAbsent(product, k -> new AtomicLong()).incrementAndGet();
        AtomicLong number = orders.computeIfAbsent(customer, k -> new AtomicLong());
        history.put(customer, Key.of(number.get()), order(number.get()));
        gap.success(System.nanoTime());
        number.incrementAndGet();
      } catch (HengeException e) {
        failures.add(e.code() + ": " + e.getMessage());
      }
    }
  }

  private static Value order(long number) {
    return Value.of("{\"order\": " + number + "}");
  }

  int count() {
    return threads.size();
  }

  /** By shard. */
  Map<Long, GapMeter> gaps() {
    return gaps;
  }

  /** Errors that reached a shopper. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  long purchases() {
    return sold.values().stream().mapToLong(AtomicLong::get).sum();
  }

  long acknowledgedOrders() {
    return orders.values().stream().mapToLong(AtomicLong::get).sum();
  }

  /**
   * After {@link #close}: a sentence for each acknowledged purchase that is not there exactly once.
   */
  List<String> differences() {
    List<String> differences = new ArrayList<>();
    ItemCollection stock = client.collection(Shop.STOCK);
    sold.forEach(
        (product, count) -> {
          long expected = Shop.STOCK_AT_FIRST - count.get();
          long found = stock.get(product, Key.EMPTY).map(Item::counter).orElse(Long.MIN_VALUE);
          if (found != expected) {
            differences.add("stock of " + product + " is " + found + ", expected " + expected);
          }
        });
    orders.forEach(
        (customer, count) -> {
          long lost = count.get() - found(customer, count.get());
          if (lost != 0) {
            differences.add(lost + " acknowledged orders of customer " + customer + " are lost");
          }
        });
    return differences;
  }

  /** How many of the first orders of a customer are there, with their values. */
  private long found(Key customer, long count) {
    var range = io.henge.client.ScanOptions.ALL.between(Key.of(0), Key.of(count));
    var items =
        client
            .collection(Shop.ORDERS)
            .iterate(customer, range, io.henge.client.ReadOptions.LINEARIZABLE);
    long found = 0;
    while (items.hasNext()) {
      found += items.next().value().equals(order(found)) ? 1 : 0;
    }
    return found;
  }

  /** Lets everybody finish the purchase at hand. */
  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
