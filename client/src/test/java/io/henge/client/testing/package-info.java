/** A cluster that is none: loopback servers over one map, which misbehave when they are told to. */
@NullMarked
package io.henge.client.testing;

import org.jspecify.annotations.NullMarked;
