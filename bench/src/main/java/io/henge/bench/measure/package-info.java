/** Latencies and processor time of a run. */
@NullMarked
package io.henge.bench.measure;

import org.jspecify.annotations.NullMarked;
