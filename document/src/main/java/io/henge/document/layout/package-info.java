/**
 * How a collection lays its documents out: which of their fields are keys, and when they expire.
 */
@NullMarked
package io.henge.document.layout;

import org.jspecify.annotations.NullMarked;
