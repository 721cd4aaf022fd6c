/** Clusters of real server processes, to kill, stop and start again. */
@NullMarked
package io.henge.testkit.process;

import org.jspecify.annotations.NullMarked;
