/** What finds make of the documents that match: parts of them, an order, figures. */
@NullMarked
package io.henge.document.find;

import org.jspecify.annotations.NullMarked;
