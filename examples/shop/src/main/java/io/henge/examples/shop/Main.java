package io.henge.examples.shop;

import io.henge.client.HengeClient;
import io.henge.server.Henge;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A small day in the shop. With the addresses of a cluster as its argument it is done there, else
 * on a node inside this process.
 */
public final class Main {
  private static final Duration IDLE = Duration.ofMillis(500);

  private Main() {}

  /** Runs the example. */
  public static void main(String... arguments) {
    if (arguments.length > 0) {
      try (HengeClient client = HengeClient.connect(arguments[0])) {
        run(client, System.out);
      }
    } else {
      try (Henge henge = Henge.embedded().start()) {
        run(henge.client(), System.out);
      }
    }
  }

  static void run(HengeClient client, PrintStream out) {
    Shop shop = new Shop(client, System::currentTimeMillis);
    shop.open();
    shop.offer(new Product("pear", "A pear", new BigDecimal("0.45"), 100, List.of("fruit")));
    shop.offer(new Product("pan", "A frying pan", new BigDecimal("39.90"), 1, List.of("kitchen")));
    shop.register(new User(1, "Ann"));
    shop.register(new User(2, "Bob"));

    out.println("Ann buys   " + shop.buy(1, "a-1", Map.of("pan", 1, "pear", 3)).total());
    out.println("Bob buys   " + shop.buy(2, "b-1", Map.of("pear", 10)).total());
    try {
      shop.buy(2, "b-2", Map.of("pear", 1, "pan", 1));
    } catch (OutOfStockException e) {
      out.println("Bob wants  " + e.getMessage());
    }
    out.println("Ann pays   " + shop.pay(1, "a-1") + ", again " + shop.pay(1, "a-1"));
    Shipping shipping = new Shipping(client);
    shipping.open();
    out.println("Shipped    " + shipping.run(IDLE) + ", then " + shipping.run(IDLE));
    shop.rename("pan", "A wok");
    out.println("Ann sees   " + shop.account(1).orElseThrow());
    out.println(
        "Revenue    " + shop.revenue("shipped") + " shipped, " + shop.revenue("open") + " open");
    out.println("Sold       " + shop.sold());
    out.println("Pears left " + shop.product("pear").orElseThrow().stock());
  }
}
