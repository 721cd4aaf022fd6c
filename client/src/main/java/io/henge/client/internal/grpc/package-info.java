/** The client's network: the only place of the client that knows gRPC. */
@NullMarked
package io.henge.client.internal.grpc;

import org.jspecify.annotations.NullMarked;
