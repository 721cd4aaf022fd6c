/** Behind the interfaces of the client: messages, checks, and the parts put together. */
@NullMarked
package io.henge.client.internal;

import org.jspecify.annotations.NullMarked;
