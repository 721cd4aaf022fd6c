package io.henge.examples.shop;

/** There is not enough of a product; nothing was bought. */
public final class OutOfStockException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutOfStockException(String productId, int wanted) {
    super("not " + wanted + " of " + productId + " in stock");
  }
}
