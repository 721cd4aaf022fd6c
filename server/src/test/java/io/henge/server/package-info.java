@NullMarked
package io.henge.server;

import org.jspecify.annotations.NullMarked;
