/**
 * Files into collections of documents and back: reading of JSON Lines and CSV, many writes in
 * flight, positions to go on from, rejects, progress.
 */
@NullMarked
package io.henge.cli.transfer;

import org.jspecify.annotations.NullMarked;
