/** How YCSB's records and keys are laid out in Henge, and the standard workloads. */
@NullMarked
package io.henge.bench.workload;

import org.jspecify.annotations.NullMarked;
