@NullMarked
package io.henge.server.node;

import org.jspecify.annotations.NullMarked;
