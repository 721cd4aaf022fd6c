/** Patches: changes of documents; their JSON form, their binary form, their evaluation. */
@NullMarked
package io.henge.document.patch;

import org.jspecify.annotations.NullMarked;
