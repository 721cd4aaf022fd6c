@NullMarked
package io.henge.server.grpc;

import org.jspecify.annotations.NullMarked;
