package io.henge.examples.shop;

import java.math.BigDecimal;
import java.util.List;

/** Something that is sold. */
public record Product(
    String productId, String name, BigDecimal price, int stock, List<String> tags) {}
