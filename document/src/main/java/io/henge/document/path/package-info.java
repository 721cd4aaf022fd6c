/** Places inside a document, and reading what is there. */
@NullMarked
package io.henge.document.path;

import org.jspecify.annotations.NullMarked;
