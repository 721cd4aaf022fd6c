package io.henge.examples.shop;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody has bought. It lies with its user: both have the same sharding key.
 *
 * @param createdAt milliseconds since 1970
 */
public record Order(
    long userId,
    String orderId,
    String status,
    List<Item> items,
    BigDecimal total,
    long createdAt,
    List<Event> log) {

  /**
   * So many of a product. What it is called and what the list says are declared copies of the
   * product, which lies elsewhere: nobody reads it to show an order.
   *
   * @param price for one, as agreed: the order's total rests on it, so the shop writes it itself
   * @param name what the product is called now; follows it. Null for a moment if the product could
   *     not be read when the order was written
   * @param soldAs what it was called when it was bought; stays
   * @param listPrice what one cost in the list when it was bought; stays
   */
  public record Item(
      String productId,
      BigDecimal price,
      int quantity,
      @Nullable String name,
      @Nullable String soldAs,
      @Nullable BigDecimal listPrice) {

    /** As it is ordered: the rest is the engine's to write. */
    public Item(String productId, BigDecimal price, int quantity) {
      this(productId, price, quantity, null, null, null);
    }
  }

  /** Something that happened to the order. */
  public record Event(long at, String what) {}
}
