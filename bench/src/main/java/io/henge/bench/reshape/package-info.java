/** What clients notice while the shape of a cluster changes. */
@NullMarked
package io.henge.bench.reshape;

import org.jspecify.annotations.NullMarked;
