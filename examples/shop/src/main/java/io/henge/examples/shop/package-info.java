/** A shop: users, orders and products as documents. */
@NullMarked
package io.henge.examples.shop;

import org.jspecify.annotations.NullMarked;
