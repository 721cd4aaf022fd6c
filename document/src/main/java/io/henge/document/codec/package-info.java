/** The binary form of documents, as stored and logged. */
@NullMarked
package io.henge.document.codec;

import org.jspecify.annotations.NullMarked;
