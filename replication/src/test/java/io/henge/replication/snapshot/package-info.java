@NullMarked
package io.henge.replication.snapshot;

import org.jspecify.annotations.NullMarked;
