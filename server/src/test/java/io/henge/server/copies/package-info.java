@NullMarked
package io.henge.server.copies;

import org.jspecify.annotations.NullMarked;
