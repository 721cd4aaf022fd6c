package io.henge.examples.shop;

import java.math.BigDecimal;
import java.util.List;

/**
 * Somebody who buys. All but id and name is what her orders say: declared copies, which the engine
 * keeps right with each write of an order. Whatever an application puts there is replaced.
 *
 * @param orders how many there are
 * @param spent their totals together
 * @param recent the last of them, the newest last
 */
public record User(
    long userId, String name, int orders, BigDecimal spent, List<RecentOrder> recent) {

  /** What a user holds of an order. */
  public record RecentOrder(String orderId, BigDecimal total, String status) {}

  public User(long userId, String name) {
    this(userId, name, 0, BigDecimal.ZERO, List.of());
  }
}
