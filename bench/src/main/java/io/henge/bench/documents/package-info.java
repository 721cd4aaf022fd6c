/** What documents cost, beside plain items. */
@NullMarked
package io.henge.bench.documents;

import org.jspecify.annotations.NullMarked;
