package io.henge.examples.shop;

import java.math.BigDecimal;

/**
 * Somebody who buys.
 *
 * @param orders how many there are
 * @param spent their totals together
 */
public record User(long userId, String name, int orders, BigDecimal spent) {
  public User(long userId, String name) {
    this(userId, name, 0, BigDecimal.ZERO);
  }
}
