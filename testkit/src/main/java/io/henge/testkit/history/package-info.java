/**
 * Histories of operations on a cluster, and the check that they are linearizable.
 *
 * <p>Rules for who records: every written value is unique; an operation is {@code failed} only if
 * it certainly had no effect, else {@code unknown}; after an unknown outcome the client goes on
 * under a new process number.
 */
@NullMarked
package io.henge.testkit.history;

import org.jspecify.annotations.NullMarked;
