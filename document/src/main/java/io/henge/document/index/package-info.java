/** Index keys: values of documents as bytes that sort as the values do. */
@NullMarked
package io.henge.document.index;

import org.jspecify.annotations.NullMarked;
