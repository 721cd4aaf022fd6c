@NullMarked
package io.henge.server.http;

import org.jspecify.annotations.NullMarked;
