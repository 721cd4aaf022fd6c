@NullMarked
package io.henge.document.index;

import org.jspecify.annotations.NullMarked;
