/**
 * The node's gRPC port: services for clients, administration and other nodes, and calls to them.
 */
@NullMarked
package io.henge.server.grpc;

import org.jspecify.annotations.NullMarked;
