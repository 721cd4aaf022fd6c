/** From a caller's request to one answer: attempts, their timing, and what their errors mean. */
@NullMarked
package io.henge.client.internal.retry;

import org.jspecify.annotations.NullMarked;
