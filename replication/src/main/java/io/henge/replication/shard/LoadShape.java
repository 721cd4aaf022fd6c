package io.henge.replication.shard;

/**
 * Where in a shard's range its load is, as far as a sample shows.
 *
 * @param middle the physical key (a token) at which a cut would halve the load; empty = it is not
 *     known, or no cut would leave a tenth on either side
 * @param hottestShare part of the load that its hottest sharding key makes, 0 to 1
 */
@SuppressWarnings("ArrayRecordComponent")
public record LoadShape(byte[] middle, double hottestShare) {
  public static final LoadShape UNKNOWN = new LoadShape(new byte[0], 0);
}
