/** The demonstration: a shop on three nodes that loses a leader and nothing else. */
@NullMarked
package io.henge.cli.demo;

import org.jspecify.annotations.NullMarked;
