/** The node's HTTP port: metrics and health. */
@NullMarked
package io.henge.server.http;

import org.jspecify.annotations.NullMarked;
