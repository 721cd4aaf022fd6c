@NullMarked
package io.henge.replication.ratis;

import org.jspecify.annotations.NullMarked;
