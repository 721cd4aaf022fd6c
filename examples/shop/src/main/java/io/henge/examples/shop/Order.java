package io.henge.examples.shop;

import java.math.BigDecimal;
import java.util.List;

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

  /** Name and price as they were when it was bought. */
  public record Item(String productId, String name, BigDecimal price, int quantity) {}

  /** Something that happened to the order. */
  public record Event(long at, String what) {}
}
