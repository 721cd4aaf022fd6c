package io.henge.server;

/**
 * How much replicated log a node keeps on disk, for each of its replicas.
 *
 * @param keepEntries entries that stay behind what the store has on disk: a replica that lags by
 *     less goes on from the log, one that lags by more fetches a snapshot. The log is looked at
 *     every {@code 5 * keepEntries} entries, but at least every 50,000, and dropped by whole
 *     segments. At least 100; 0 = the default, 10,000
 * @param segmentBytes size of a file of the log, allocated when it is begun. Smaller ones need less
 *     disk (at the start, twice this must be free), larger ones spare pauses. 1 MiB to 1 GiB; 0 =
 *     the default, 64 MiB
 */
public record LogLimits(long keepEntries, long segmentBytes) {
  public static final LogLimits DEFAULT = new LogLimits(0, 0);

  public static final long KEEP_ENTRIES_MIN = 100;
  public static final long SEGMENT_BYTES_MIN = 1L << 20;
  public static final long SEGMENT_BYTES_MAX = 1L << 30;

  private static final long PURGE_EVERY_MAX = 50_000;

  /** How often the log is considered for purging, in entries. */
  long purgeEvery() {
    return Math.min(PURGE_EVERY_MAX, 5 * Math.min(keepEntries, PURGE_EVERY_MAX));
  }
}
