/** Items and what can be done to them, as every module and the client's users see them. */
@NullMarked
package io.henge.api.item;

import org.jspecify.annotations.NullMarked;
