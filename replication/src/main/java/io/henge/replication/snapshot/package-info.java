/**
 * How a replica that lags behind the log gets a checkpoint from another: a manifest with checksums,
 * files read in chunks over any transport, resumed where a stream broke, fsynced before anybody
 * relies on them.
 */
@NullMarked
package io.henge.replication.snapshot;

import org.jspecify.annotations.NullMarked;
