package io.henge.bench;

import io.henge.bench.workload.StandardWorkload;
import java.util.List;

/**
 * What to run.
 *
 * @param workloads in order, on the same records
 * @param records that the workloads are about
 * @param load the records first; false: a run before this one has
 * @param valueBytes of each record
 * @param threads that each have one operation in flight
 * @param warmupSeconds before each measurement, with the same load
 * @param seconds of each measurement
 * @param connect addresses of the cluster
 * @param consistency of reads
 */
public record YcsbOptions(
    List<StandardWorkload> workloads,
    long records,
    boolean load,
    int valueBytes,
    int threads,
    int warmupSeconds,
    int seconds,
    String connect,
    String consistency) {

  public YcsbOptions {
    StringBuilder problems = new StringBuilder();
    require(problems, !workloads.isEmpty(), "workload: at least one of a..f, u expected");
    require(problems, records >= 1, "records: at least 1 expected, found " + records);
    require(problems, valueBytes >= 1, "value bytes: at least 1 expected, found " + valueBytes);
    require(
        problems, threads >= 1 && threads <= 4096, "threads: 1 to 4096 expected, found " + threads);
    require(problems, warmupSeconds >= 0, "warm-up: 0 seconds or more expected");
    require(problems, seconds >= 1, "seconds: at least 1 expected, found " + seconds);
    if (problems.length() > 0) {
      throw new IllegalArgumentException(problems.substring(2));
    }
  }

  /** The same on another cluster. */
  public YcsbOptions on(String addresses) {
    return new YcsbOptions(
        workloads,
        records,
        load,
        valueBytes,
        threads,
        warmupSeconds,
        seconds,
        addresses,
        consistency);
  }

  private static void require(StringBuilder problems, boolean holds, String problem) {
    if (!holds) {
      problems.append("; ").append(problem);
    }
  }
}
