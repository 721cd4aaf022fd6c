/** What a declared copy saves whoever reads. */
@NullMarked
package io.henge.bench.copies;

import org.jspecify.annotations.NullMarked;
