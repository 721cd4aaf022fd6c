/**
 * The Java client of Henge.
 *
 * <pre>{@code
 * try (HengeClient henge = HengeClient.connect("127.0.0.1:7400")) {
 *   henge.admin().createCollection("carts", CollectionOptions.defaults());
 *   ItemCollection carts = henge.collection("carts");
 *   carts.put(Key.of("ann"), Key.of("item", 1), Value.of("a pear"));
 *   Optional<Item> item = carts.get(Key.of("ann"), Key.of("item", 1));
 * }
 * }</pre>
 *
 * Every call has an asynchronous twin on {@link io.henge.client.ItemCollection#async()}. All types
 * are thread-safe; one client serves a whole application.
 */
@NullMarked
package io.henge.client;

import org.jspecify.annotations.NullMarked;
