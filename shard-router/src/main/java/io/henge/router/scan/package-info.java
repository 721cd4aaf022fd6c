/** Reading the whole ring from several places at once. */
@NullMarked
package io.henge.router.scan;

import org.jspecify.annotations.NullMarked;
