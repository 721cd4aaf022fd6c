package io.henge.bench.reshape;

/**
 * What to split.
 *
 * @param connect addresses of the cluster
 * @param megabytes to load first, in records of {@code valueBytes}
 * @param threads that each have one operation in flight, half of them reads, half updates
 * @param calmSeconds before each split
 * @param rounds splits, one after the other, each of the shard that has most
 */
public record SplitOptions(
    String connect, long megabytes, int valueBytes, int threads, int calmSeconds, int rounds) {

  long records() {
    return Math.max(1, megabytes * 1_000_000 / valueBytes);
  }
}
