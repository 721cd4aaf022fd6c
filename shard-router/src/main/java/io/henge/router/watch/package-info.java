/** Puts the changes of all shards together. */
@NullMarked
package io.henge.router.watch;

import org.jspecify.annotations.NullMarked;
