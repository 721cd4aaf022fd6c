/** Keys, their order-preserving encoding, and where they lie on the ring. */
@NullMarked
package io.henge.api.key;

import org.jspecify.annotations.NullMarked;
