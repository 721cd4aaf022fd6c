/**
 * How a node carries splits and merges through: docs/internals/reshaping.md. Everything can be
 * asked for again and finds out by itself, from what is replicated, what has been done.
 */
@NullMarked
package io.henge.server.reshape;

import org.jspecify.annotations.NullMarked;
