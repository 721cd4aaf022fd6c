/** How answers look: tables for people, JSON for scripts, and the picture of the ring. */
@NullMarked
package io.henge.cli.output;

import org.jspecify.annotations.NullMarked;
