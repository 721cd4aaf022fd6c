package io.henge.examples.shop;

import java.util.List;

/** A user with her orders, as one request to one shard sees them: always of one moment. */
public record Account(User user, List<Order> orders) {}
