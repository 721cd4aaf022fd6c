/** The {@code henge} command: one class for each of its subcommands. */
@NullMarked
package io.henge.cli;

import org.jspecify.annotations.NullMarked;
