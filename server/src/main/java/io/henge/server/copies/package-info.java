/**
 * Keeps copies of documents on other shards up to date: workers on the leaders of sources send
 * changes, workers on the leaders of holders register them; and whoever writes a holder finds its
 * sources. docs/internals/documents.md tells why no change is missed.
 */
@NullMarked
package io.henge.server.copies;

import org.jspecify.annotations.NullMarked;
