/** Micro-benchmarks with JMH: never part of the tests. */
@NullMarked
package io.henge.bench.micro;

import org.jspecify.annotations.NullMarked;
