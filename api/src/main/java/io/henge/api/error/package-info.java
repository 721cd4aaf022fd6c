/** The error catalogue: one list of everything that can go wrong, and what to do about it. */
@NullMarked
package io.henge.api.error;

import org.jspecify.annotations.NullMarked;
