package io.henge.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.FindExplanation;
import io.henge.client.FindOptions;
import io.henge.client.ReadOptions;
import io.henge.document.filter.Filters;
import io.henge.server.Henge;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ShopTest {
  private static Henge henge;
  private static Shop shop;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().shards(3).start();
    shop = new Shop(henge.client(), () -> 1_700_000_000_000L);
    shop.open();
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private static Product product(String id, String price, int stock) {
    return new Product(id, "The " + id, new BigDecimal(price), stock, List.of());
  }

  @Test
  void shouldTellItsStory() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Henge own = Henge.embedded().start()) {
      Main.run(own.client(), new PrintStream(out, true, StandardCharsets.UTF_8));
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("Ann buys   41.25")
        .contains("Bob buys   4.50")
        .contains("Bob wants  not 1 of pan in stock")
        .contains("Ann pays   true, again false")
        .contains("orders=1, spent=41.25")
        .contains("Shipped    1, then 0")
        .contains("recent=[RecentOrder[orderId=a-1, total=41.25, status=shipped]]")
        .contains("Revenue    41.25 shipped, 4.50 open")
        .contains("Sold       {pan=1, pear=13}")
        .contains("Pears left 87");
  }

  @Test
  void shouldSellWhatThereIsAndNoMore() throws Exception {
    int buyers = 8;
    int stock = 50;
    shop.offer(product("bike", "199.00", stock));
    shop.offer(product("bell", "3.10", 10 * stock));
    for (int i = 0; i < buyers; i++) {
      shop.register(new User(100 + i, "Buyer " + i));
    }
    AtomicInteger bought = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(buyers);
    List<Future<?>> ends = new ArrayList<>();
    for (int i = 0; i < buyers; i++) {
      int buyer = i;
      ends.add(threads.submit(() -> buyUntilNothingIsLeft(100 + buyer, bought)));
    }
    for (Future<?> end : ends) {
      end.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
    assertThat(bought).hasValue(stock);
    assertThat(shop.product("bike").orElseThrow().stock()).isZero();
    assertThat(shop.product("bell").orElseThrow().stock())
        .as("what came with a bike that was sold out is given back")
        .isEqualTo(9 * stock);
    int orders = 0;
    for (int i = 0; i < buyers; i++) {
      Account account = shop.account(100 + i).orElseThrow();
      assertThat(account.user().orders()).isEqualTo(account.orders().size());
      assertThat(account.user().spent())
          .isEqualByComparingTo(
              account.orders().stream().map(Order::total).reduce(BigDecimal.ZERO, BigDecimal::add));
      orders += account.orders().size();
    }
    assertThat(orders).isEqualTo(stock);
    assertThat(shop.sold()).containsEntry("bike", stock).containsEntry("bell", stock);
  }

  private static void buyUntilNothingIsLeft(long userId, AtomicInteger bought) {
    for (int i = 0; ; i++) {
      try {
        // The bell comes first: it is taken before it is known that there is no bike.
        shop.buy(userId, "o-" + i, new TreeMap<>(Map.of("bike", 1, "bell", 1)));
        bought.incrementAndGet();
      } catch (OutOfStockException e) {
        return;
      }
    }
  }

  @Test
  void shouldNotOrderTwiceUnderOneId() {
    shop.offer(product("cup", "2.50", 10));
    shop.register(new User(7, "Cy"));
    shop.buy(7, "once", Map.of("cup", 2));
    assertThatThrownBy(() -> shop.buy(7, "once", Map.of("cup", 2)))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
    assertThat(shop.product("cup").orElseThrow().stock()).isEqualTo(8);
    assertThat(shop.account(7).orElseThrow().user().orders()).isEqualTo(1);
  }

  @Test
  void shouldKeepTheLastOrdersInTheUser() {
    shop.offer(product("tea", "1.00", 100));
    for (int i = 1; i <= 5; i++) {
      shop.buy(9, "t-" + i, Map.of("tea", i));
    }
    shop.register(new User(9, "Flo"));
    User user = shop.account(9).orElseThrow().user();
    assertThat(user.orders()).isEqualTo(5);
    assertThat(user.spent()).isEqualByComparingTo("15");
    assertThat(user.recent())
        .extracting(User.RecentOrder::orderId)
        .as("all of one moment: then by id")
        .containsExactly("t-3", "t-4", "t-5");
    assertThat(shop.pay(9, "t-4")).isTrue();
    assertThat(shop.account(9).orElseThrow().user().recent())
        .extracting(User.RecentOrder::status)
        .containsExactly("open", "paid", "open");
  }

  @Test
  void shouldShowProductsInOrdersAsTheyAreAndAsTheyWere() {
    shop.offer(product("sofa", "450.00", 10));
    shop.register(new User(11, "Gil"));
    Order.Item bought = shop.buy(11, "s-1", Map.of("sofa", 1)).items().get(0);
    assertThat(bought.price()).isEqualByComparingTo("450.00");
    assertThat(bought.soldAs()).isEqualTo("The sofa");
    assertThat(bought.listPrice()).isEqualByComparingTo("450.00");
    shop.rename("sofa", "The couch");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(sofa("s-1").name()).isEqualTo("The couch"));
    assertThat(sofa("s-1").soldAs()).isEqualTo("The sofa");
    shop.buy(11, "s-2", Map.of("sofa", 1));
    assertThat(sofa("s-2").soldAs()).isEqualTo("The couch");
  }

  private static Order.Item sofa(String orderId) {
    return shop.account(11).orElseThrow().orders().stream()
        .filter(order -> order.orderId().equals(orderId))
        .findFirst()
        .orElseThrow()
        .items()
        .get(0);
  }

  @Test
  void shouldShipEachOrderOnceAndGoOnWhereItWas() {
    shop.offer(product("lamp", "20.00", 100));
    shop.register(new User(12, "Hal"));
    for (int i = 1; i <= 4; i++) {
      shop.buy(12, "l-" + i, Map.of("lamp", 1));
    }
    shop.pay(12, "l-1");
    shop.pay(12, "l-3");
    Duration idle = Duration.ofSeconds(2);
    Shipping first = new Shipping(henge.client());
    first.open();
    assertThat(first.run(idle)).as("others may have paid, too").isGreaterThanOrEqualTo(2);
    assertThat(statuses(12)).containsExactly("shipped", "open", "shipped", "open");
    shop.pay(12, "l-2");
    assertThat(new Shipping(henge.client()).run(idle)).isEqualTo(1);
    assertThat(statuses(12)).containsExactly("shipped", "shipped", "shipped", "open");
    assertThat(shop.account(12).orElseThrow().user().orders()).isEqualTo(4);
  }

  private static List<String> statuses(long userId) {
    return shop.account(userId).orElseThrow().orders().stream().map(Order::status).toList();
  }

  @Test
  void shouldReadOrdersByTheirIndex() {
    shop.offer(product("rug", "80.00", 100));
    shop.register(new User(13, "Ida"));
    for (int i = 0; i < 20; i++) {
      shop.buy(13, "r-" + i, Map.of("rug", 1));
    }
    shop.pay(13, "r-7");
    FindOptions paid = FindOptions.ALL.where(Filters.eq("status", "paid"));
    FindExplanation how =
        henge
            .client()
            .documents("orders", Order.class)
            .explain(Key.of(13), paid, ReadOptions.LINEARIZABLE);
    assertThat(how.index()).isEqualTo("by_status");
    assertThat(how.documents()).isEqualTo(1);
    assertThat(shop.orders(13, "paid", BigDecimal.ZERO))
        .extracting(Order::orderId)
        .containsExactly("r-7");
  }

  @Test
  void shouldFindOrders() {
    shop.offer(product("jam", "4.00", 100));
    shop.register(new User(8, "Di"));
    for (int i = 1; i <= 5; i++) {
      shop.buy(8, "d-" + i, Map.of("jam", i));
    }
    assertThat(shop.pay(8, "d-4")).isTrue();
    assertThat(shop.orders(8, "open", new BigDecimal("8")))
        .extracting(Order::orderId)
        .containsExactly("d-5", "d-3", "d-2");
    assertThat(shop.orders(8, "paid", BigDecimal.ZERO).get(0).log())
        .extracting(Order.Event::what)
        .containsExactly("ordered", "paid");
    assertThat(shop.account(9_999)).isEmpty();
  }
}
