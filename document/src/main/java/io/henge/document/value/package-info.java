/** JSON values: exact, immutable, totally ordered; their text. */
@NullMarked
package io.henge.document.value;

import org.jspecify.annotations.NullMarked;
