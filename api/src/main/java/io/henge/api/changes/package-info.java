/** Positions in the stream of changes. */
@NullMarked
package io.henge.api.changes;

import org.jspecify.annotations.NullMarked;
