package io.henge.bench.documents;

import java.util.List;
import java.util.Map;

/**
 * What operations on documents cost beside those on plain items, in one run.
 *
 * @param settings what it was measured with
 */
public record DocumentCostReport(Map<String, Object> settings, List<Line> lines) {
  /**
   * One kind of operation, over all its turns.
   *
   * @param rate operations per second, median of its turns
   * @param serverCpuMicros processor time of all nodes together, for one operation; median of its
   *     turns
   * @param lowestServerCpuMicros the same in its cheapest turn
   * @param highestServerCpuMicros and in its dearest
   * @param clientCpuMicros of the process that makes the load, median
   */
  public record Line(
      String name,
      long operations,
      long errors,
      double rate,
      long p50Micros,
      long p99Micros,
      double serverCpuMicros,
      double lowestServerCpuMicros,
      double highestServerCpuMicros,
      double clientCpuMicros) {}

  /** Operations that failed, of all lines. */
  public long errors() {
    return lines.stream().mapToLong(Line::errors).sum();
  }
}
