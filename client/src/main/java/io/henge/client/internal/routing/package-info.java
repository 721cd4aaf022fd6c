/** Which node to ask: the shard map as it is followed, and what answers teach. */
@NullMarked
package io.henge.client.internal.routing;

import org.jspecify.annotations.NullMarked;
