/** The way of requests to a node: one thread, one stream, many requests in a message. */
@NullMarked
package io.henge.client.internal.batch;

import org.jspecify.annotations.NullMarked;
