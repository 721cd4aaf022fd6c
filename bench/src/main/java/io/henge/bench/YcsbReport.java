package io.henge.bench;

import io.henge.bench.measure.MemorySampler;
import java.util.List;
import java.util.Map;

/**
 * What was measured.
 *
 * @param settings of the run, machine and versions included
 * @param phases load first if there was one, then the workloads in order
 */
public record YcsbReport(Map<String, Object> settings, List<Phase> phases) {

  /**
   * One phase.
   *
   * @param errors operations that failed
   * @param clientCpuMicrosPerOperation processor time of this process, user and system
   * @param serverCpuMicrosPerOperation processor time of all nodes together; equal to the client's
   *     process if they share it; -1 if the nodes do not tell
   * @param kinds by kind of operation: READ, UPDATE, INSERT, SCAN; both halves of a
   *     read-modify-write count on their own
   * @param memory of the nodes during the phase
   */
  public record Phase(
      String name,
      double seconds,
      long operations,
      double operationsPerSecond,
      long errors,
      double clientCpuMicrosPerOperation,
      double serverCpuMicrosPerOperation,
      Map<String, Latency> kinds,
      MemorySampler.Memory memory) {}

  /** Latencies of one kind, in microseconds. */
  public record Latency(
      long count,
      double meanMicros,
      long p50Micros,
      long p99Micros,
      long p999Micros,
      long maxMicros) {}
}
