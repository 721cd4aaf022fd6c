/** Load that writes down what it asked and was told, while faults are made. */
@NullMarked
package io.henge.testkit.workload;

import org.jspecify.annotations.NullMarked;
