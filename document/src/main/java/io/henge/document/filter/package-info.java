/** Filters: conditions on documents; their text, their binary form, their evaluation. */
@NullMarked
package io.henge.document.filter;

import org.jspecify.annotations.NullMarked;
