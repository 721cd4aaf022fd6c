@NullMarked
package io.henge.bench.documents;

import org.jspecify.annotations.NullMarked;
