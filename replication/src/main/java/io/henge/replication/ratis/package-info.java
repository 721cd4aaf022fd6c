/**
 * The consensus port on Apache Ratis. Everything that is known of Ratis is here and nowhere else:
 * its settings with their reasons ({@link io.henge.replication.ratis.RatisSettings}), its traps and
 * how they are avoided. {@link io.henge.replication.ratis.RatisConsensus} is the way in.
 */
@NullMarked
package io.henge.replication.ratis;

import org.jspecify.annotations.NullMarked;
