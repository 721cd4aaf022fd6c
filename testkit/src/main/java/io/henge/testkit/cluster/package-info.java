/** Clusters inside the JVM of a test, and the JUnit extension that gives them to tests. */
@NullMarked
package io.henge.testkit.cluster;

import org.jspecify.annotations.NullMarked;
