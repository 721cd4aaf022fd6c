@NullMarked
package io.henge.bench.copies;

import org.jspecify.annotations.NullMarked;
