/**
 * What the meta shard replicates, as an immutable value, and the effect of each command on it as a
 * pure function: no clock, no random source, no configuration.
 */
@NullMarked
package io.henge.router.meta;

import org.jspecify.annotations.NullMarked;
