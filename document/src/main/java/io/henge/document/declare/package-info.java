/** Declarations of copies and indexes in words, as people write and read them. */
@NullMarked
package io.henge.document.declare;

import org.jspecify.annotations.NullMarked;
