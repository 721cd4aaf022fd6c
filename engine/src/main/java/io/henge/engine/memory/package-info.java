/**
 * The in-memory twin of the storage engine, for tests and simulation: same contract, no native
 * code. Only what was flushed survives the closing of a store, as with the real one.
 */
@NullMarked
package io.henge.engine.memory;

import org.jspecify.annotations.NullMarked;
