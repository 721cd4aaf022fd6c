package io.henge.bench.reshape;

import java.util.List;
import java.util.Map;

/**
 * What was measured.
 *
 * @param settings what it was measured with
 * @param rounds one for each split
 * @param medians of the rounds
 * @param fenceMillisMax longest time from fence to serving that a node has told of
 * @param errors of clients, in all
 */
public record SplitReport(
    Map<String, Object> settings,
    List<Round> rounds,
    Medians medians,
    double fenceMillisMax,
    long errors) {

  /**
   * One split. Rates are operations per second over ten seconds; pauses are the longest that one
   * operation of a client took.
   *
   * @param items of the shard that was cut
   * @param servingMillis from the command until the new shard has a leader in the state of the
   *     cluster
   * @param doneMillis from the command until nothing is left to be done but for the data that
   *     belongs to the other half
   * @param calmPauseMillis longest in the time before
   * @param lowerPauseMillis longest on the half that stays, in the ten seconds from the command
   * @param upperPauseMillis longest on the half that goes
   * @param serverCpuMicros of all nodes for one operation, before and during
   */
  public record Round(
      long items,
      long servingMillis,
      long doneMillis,
      long calmPauseMillis,
      long lowerPauseMillis,
      long upperPauseMillis,
      double rateBefore,
      double rateDuring,
      double rateAfter,
      List<Double> serverCpuMicros) {}

  /** Medians over the rounds. */
  public record Medians(
      long servingMillis,
      long calmPauseMillis,
      long pauseMillis,
      double rateBefore,
      double rateDuring,
      double rateAfter,
      double duringToBefore,
      double duringToBeforeLeast,
      double duringToBeforeMost) {}
}
