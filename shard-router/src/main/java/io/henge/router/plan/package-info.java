/**
 * Decides what a cluster should do next: a pure function from what is known of it to the next
 * operations and their reasons. It keeps nothing between calls: whoever carries operations out
 * looks again and asks again, so that an operation that failed, or a report that was old, costs a
 * round and nothing else.
 */
@NullMarked
package io.henge.router.plan;

import org.jspecify.annotations.NullMarked;
