/** What the documents say is run. */
@NullMarked
package io.henge.cli.documents;

import org.jspecify.annotations.NullMarked;
