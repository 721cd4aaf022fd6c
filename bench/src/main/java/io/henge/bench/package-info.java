/**
 * Benchmarks: the YCSB binding that the stock YCSB client loads, and a runner of the same
 * workloads.
 */
@NullMarked
package io.henge.bench;

import org.jspecify.annotations.NullMarked;
