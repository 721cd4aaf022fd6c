package io.henge.bench.copies;

import java.util.List;
import java.util.Map;

/**
 * How long a change of a document took to reach all of its copies.
 *
 * @param settings what it was measured with
 * @param boundMillis as declared
 * @param rounds one for each renaming
 * @param worstLagMillis of all rounds
 * @param exceeded rounds whose lag was longer than the bound
 * @param load all along
 * @param verified at the end, with the load gone
 */
public record RenameReport(
    Map<String, Object> settings,
    long boundMillis,
    List<Round> rounds,
    long worstLagMillis,
    int exceeded,
    Load load,
    Verified verified) {
  public RenameReport {
    rounds = List.copyOf(rounds);
  }

  /** Whether the bound was kept, and nothing is wrong. */
  public boolean isGood() {
    return exceeded == 0
        && verified.differences() == 0
        && rounds.stream().allMatch(round -> round.wrong() == 0);
  }

  /**
   * One renaming. A copy is right when a linearizable read shows it to be.
   *
   * @param copies of the source, when all were right
   * @param shards that they lie on
   * @param leader name of the node that led the source's shard before
   * @param nextLeader the same when all copies were right; another one if it was killed
   * @param splitShard the shard that was split midway; 0 = none
   * @param acknowledgedMillis what the renaming itself took
   * @param rightAtMidway copies that had the new name when the first one was seen to have it, which
   *     is when things begin to go wrong
   * @param lagMillis from the acknowledgement until the last copy was right, at most
   * @param resolutionMillis what the last look at copies that were not right yet took: so much
   *     earlier it may have been
   * @param wrong copies that are not right in a look at all documents after that
   */
  public record Round(
      int round,
      int copies,
      int shards,
      String leader,
      String nextLeader,
      long splitShard,
      long acknowledgedMillis,
      int rightAtMidway,
      long lagMillis,
      long resolutionMillis,
      int wrong) {}

  /**
   * What writers noticed.
   *
   * @param errors writes whose failure was shown to the application
   */
  public record Load(
      long writes,
      double writesPerSecond,
      long p50Micros,
      long p99Micros,
      long maxMicros,
      long errors) {}

  /** What a verification of everything said. */
  public record Verified(long documents, long rows, long skipped, long differences) {}
}
