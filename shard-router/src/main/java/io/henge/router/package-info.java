/**
 * The ring and the shard map: immutable values that say which shard holds a key and which nodes
 * hold the shard. Pure: no threads, no clocks, no input or output.
 */
@NullMarked
package io.henge.router;

import org.jspecify.annotations.NullMarked;
