package io.henge.examples.shop;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.FamilyItem;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.Index;
import io.henge.client.ReadOptions;
import io.henge.client.Returning;
import io.henge.client.Stored;
import io.henge.document.filter.Filters;
import io.henge.document.patch.PatchOperation;
import io.henge.document.patch.Patches;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * What the shop does. Read it from {@link #open}, which says what lies where and what is copied
 * from where:
 *
 * <ol>
 *   <li>Users and orders are sharded by the user, so that a user and her orders lie together:
 *       {@link #account} reads them all in one request to one shard.
 *   <li>What is known of a user's orders stands in the user: lists, counts and sums, written in the
 *       same moment as the orders. No method here keeps it.
 *   <li>Products lie by themselves. What an order's items show of them is copied: as it was then,
 *       or as it is now; so {@link #rename} reaches every order.
 *   <li>An index lets {@link #orders} find a user's orders of a status without looking at the rest.
 *   <li>Changes of orders are kept, so that {@link Shipping} can follow them.
 * </ol>
 *
 * <p>Thread-safe: nothing is kept here, and every change is checked where it is stored.
 */
public final class Shop {
  private static final int LOG_MAX = 20;
  private static final int RECENT_MAX = 3;

  private final HengeClient henge;
  private final LongSupplier clock;
  private final DocumentCollection<User> users;
  private final DocumentCollection<Order> orders;
  private final DocumentCollection<Product> products;

  /**
   * A shop in a cluster.
   *
   * @param clock milliseconds since 1970
   */
  public Shop(HengeClient henge, LongSupplier clock) {
    this.henge = henge;
    this.clock = clock;
    this.users = henge.documents("users", User.class);
    this.orders = henge.documents("orders", Order.class);
    this.products = henge.documents("products", Product.class);
  }

  /** Creates what is not there yet. */
  public void open() {
    create("products", CollectionOptions.documentsShardedBy("productId").withId("productId"));
    create(
        "orders",
        CollectionOptions.documentsShardedBy("userId")
            .withId("orderId")
            .withIndex(Index.named("by_status").ascending("status").descending("total"))
            // What was true when it was bought, for the invoice: it stays.
            .withCopy(
                Copy.from("products")
                    .field("name", "soldAs")
                    .field("price", "listPrice")
                    .into("orders", "items[]")
                    .on("productId")
                    .atWrite())
            // What is true now, for whoever looks at the order.
            .withCopy(
                Copy.from("products")
                    .fields("name")
                    .into("orders", "items[]")
                    .on("productId")
                    .followWithin(Duration.ofSeconds(5))));
    henge.admin().keepChanges("orders", Duration.ofDays(7));
    create(
        "users",
        CollectionOptions.documentsShardedBy("userId")
            .withId("userId")
            .withCopy(Copy.count("orders").into("users", "orders"))
            .withCopy(Copy.sum("orders", "total").into("users", "spent"))
            .withCopy(
                Copy.from("orders")
                    .fields("orderId", "total", "status")
                    .into("users", "recent")
                    .last(RECENT_MAX, "createdAt")));
  }

  private void create(String name, CollectionOptions options) {
    henge.admin().createCollection(name, options.onlyIfAbsent());
  }

  /** Registers a user; of one who has bought before, the orders are counted. */
  public void register(User user) {
    users.insert(user);
  }

  public void offer(Product product) {
    products.upsert(product);
  }

  /** Every order that has it shows the new name, on whatever shard it lies, within seconds. */
  public void rename(String productId, String name) {
    products.patch(Key.of(productId), Key.EMPTY, Patches.set("name", name));
  }

  public Optional<Product> product(String productId) {
    return products.get(Key.of(productId)).map(Stored::document);
  }

  // ---- Buying ----

  /**
   * Buys. Stock is taken product by product, each on its own shard, and only if there is enough;
   * then the order is written, and with it what the user holds of her orders. Doing it again with
   * the same order id is an error, not a second order.
   *
   * @param cart how many of each product, by its id
   * @throws OutOfStockException if there is not enough of one; nothing is bought then
   */
  public Order buy(long userId, String orderId, Map<String, Integer> cart) {
    Map<String, Integer> taken = new LinkedHashMap<>();
    try {
      List<Order.Item> items = new ArrayList<>();
      for (Map.Entry<String, Integer> wanted : cart.entrySet()) {
        items.add(take(wanted.getKey(), wanted.getValue()));
        taken.put(wanted.getKey(), wanted.getValue());
      }
      return write(userId, orderId, items);
    } catch (OutOfStockException e) {
      giveBack(taken);
      throw e;
    } catch (HengeException e) {
      // Only if it is certain that there is no order: else nobody may sell these again.
      if (e.code().effect() == ErrorCode.Effect.NONE) {
        giveBack(taken);
      }
      throw e;
    }
  }

  /** A patch with a condition: checked and done in one step, where the product is stored. */
  private Order.Item take(String productId, int quantity) {
    try {
      Product product =
          products
              .patch(
                  Key.of(productId),
                  Key.EMPTY,
                  Patches.inc("stock", -quantity),
                  DocumentOptions.DEFAULT
                      .onlyIf(Filters.gte("stock", quantity))
                      .returning(Returning.CURRENT))
              .returned()
              .orElseThrow()
              .document();
      return new Order.Item(productId, product.price(), quantity);
    } catch (HengeException e) {
      if (e.code() == ErrorCode.CONDITION_FAILED || e.code() == ErrorCode.NOT_FOUND) {
        throw new OutOfStockException(productId, quantity);
      }
      throw e;
    }
  }

  private void giveBack(Map<String, Integer> taken) {
    taken.forEach(
        (productId, quantity) ->
            products.patch(Key.of(productId), Key.EMPTY, Patches.inc("stock", quantity)));
  }

  private Order write(long userId, String orderId, List<Order.Item> items) {
    BigDecimal total =
        items.stream()
            .map(item -> item.price().multiply(BigDecimal.valueOf(item.quantity())))
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    long now = clock.getAsLong();
    Order order =
        new Order(
            userId, orderId, "open", items, total, now, List.of(new Order.Event(now, "ordered")));
    return orders
        .insert(order, DocumentOptions.DEFAULT.returning(Returning.CURRENT))
        .returned()
        .orElseThrow()
        .document();
  }

  /**
   * Notes that an order is paid; the user's list of orders says so in the same moment.
   *
   * @return false if it is not open
   */
  public boolean pay(long userId, String orderId) {
    Order.Event paid = new Order.Event(clock.getAsLong(), "paid");
    try {
      orders.patch(
          Key.of(userId),
          Key.of(orderId),
          Patches.set("status", "paid")
              .push("log", json(paid), PatchOperation.Keep.last(LOG_MAX), "at"),
          DocumentOptions.DEFAULT.onlyIf(Filters.eq("status", "open")));
      return true;
    } catch (HengeException e) {
      if (e.code() == ErrorCode.CONDITION_FAILED) {
        return false;
      }
      throw e;
    }
  }

  private static Map<String, Object> json(Order.Event event) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("at", event.at());
    json.put("what", event.what());
    return json;
  }

  // ---- Looking ----

  /** The user and all her orders, in one request to one shard. */
  public Optional<Account> account(long userId) {
    User user = null;
    List<Order> hers = new ArrayList<>();
    Iterator<FamilyItem> family = henge.family(Key.of(userId), ReadOptions.LINEARIZABLE);
    while (family.hasNext()) {
      FamilyItem member = family.next();
      if (member.collection().equals("users")) {
        user = member.as(User.class);
      } else if (member.collection().equals("orders")) {
        hers.add(member.as(Order.class));
      }
    }
    return user == null ? Optional.empty() : Optional.of(new Account(user, hers));
  }

  /** A user's orders of a status that cost at least so much, the dearest first. */
  public List<Order> orders(long userId, String status, BigDecimal atLeast) {
    FindOptions find =
        FindOptions.ALL
            .where(Filters.and(Filters.eq("status", status), Filters.gte("total", atLeast)))
            .descending("total");
    List<Order> found = new ArrayList<>();
    orders.find(Key.of(userId), find).forEachRemaining(order -> found.add(order.document()));
    return found;
  }

  /** What all orders of a status come to; each shard adds up its own. */
  public BigDecimal revenue(String status) {
    return orders
        .totalsOnAllShards(
            "total", FindOptions.ALL.where(Filters.eq("status", status)), ReadOptions.LINEARIZABLE)
        .sum();
  }

  /** How many of each product were sold, from all orders on all shards. */
  public Map<String, Integer> sold() {
    Map<String, Integer> sold = new TreeMap<>();
    FindOptions items = FindOptions.ALL.fields("items");
    try (FindAll<Order> all = orders.findAll(items, FindAllOptions.DEFAULT)) {
      while (all.hasNext()) {
        for (Order.Item item : all.next().document().items()) {
          sold.merge(item.productId(), item.quantity(), Integer::sum);
        }
      }
    }
    return sold;
  }
}
