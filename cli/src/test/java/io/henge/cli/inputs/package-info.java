/** Bad input as a new user makes it. */
@NullMarked
package io.henge.cli.inputs;

import org.jspecify.annotations.NullMarked;
