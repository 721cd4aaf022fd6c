/** What every other module agrees on: limits of requests. */
@NullMarked
package io.henge.api;

import org.jspecify.annotations.NullMarked;
