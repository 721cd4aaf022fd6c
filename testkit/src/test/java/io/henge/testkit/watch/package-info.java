/** Change streams, watched from outside. */
@NullMarked
package io.henge.testkit.watch;

import org.jspecify.annotations.NullMarked;
