/** A node: its shards, services and settings; and the embedded mode. */
@NullMarked
package io.henge.server;

import org.jspecify.annotations.NullMarked;
