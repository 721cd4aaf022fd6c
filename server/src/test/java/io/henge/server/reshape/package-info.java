@NullMarked
package io.henge.server.reshape;

import org.jspecify.annotations.NullMarked;
