package io.henge.bench.reshape;

import java.util.Map;

/**
 * What became of a load that came to lie on one shard.
 *
 * @param settings what it was measured with
 * @param evenRate operations per second while the load was even
 * @param skewedRate from the onset until the shard was cut
 * @param afterRate over the last ten seconds
 * @param noticedMillis from the onset until a cut was begun
 * @param cutMillis from the onset until it was done
 * @param shardsBefore at the onset
 * @param shardsAfter at the end
 * @param hottestPartBefore part of the load on the shard that had most of it, at the onset
 * @param hottestPartAfter the same, at the end
 * @param errors of clients, in all
 */
public record SkewReport(
    Map<String, Object> settings,
    double evenRate,
    double skewedRate,
    double afterRate,
    long noticedMillis,
    long cutMillis,
    int shardsBefore,
    int shardsAfter,
    double hottestPartBefore,
    double hottestPartAfter,
    long errors) {}
