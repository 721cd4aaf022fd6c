package io.henge.bench.measure;

import java.util.ArrayList;
import java.util.List;

/** Notes the nodes' resident memory now and then, and says how fast it grows. One thread. */
public final class MemorySampler {
  /**
   * One sample.
   *
   * @param second since the beginning
   * @param megabytes resident, for each node
   */
  public record Sample(double second, List<Double> megabytes) {}

  /**
   * What the samples say.
   *
   * @param slopeMegabytesPerHour least-squares slope of the mean over all nodes
   */
  public record Memory(List<Sample> samples, double slopeMegabytesPerHour) {}

  private static final long PERIOD_NANOS = 10_000_000_000L;

  private final NodeMetrics nodes;
  private final long start = System.nanoTime();
  private final List<Sample> samples = new ArrayList<>();
  private long next = start;

  public MemorySampler(NodeMetrics nodes) {
    this.nodes = nodes;
  }

  /** Takes a sample if it is time for one. */
  public void tick() {
    long now = System.nanoTime();
    if (now - next >= 0) {
      next += PERIOD_NANOS;
      List<Double> megabytes =
          nodes.each(NodeMetrics.RESIDENT_BYTES).stream().map(bytes -> bytes / (1 << 20)).toList();
      if (!megabytes.isEmpty()) {
        samples.add(new Sample((now - start) / 1e9, megabytes));
      }
    }
  }

  public Memory memory() {
    return new Memory(List.copyOf(samples), slope());
  }

  private double slope() {
    double meanX = samples.stream().mapToDouble(Sample::second).average().orElse(0);
    double meanY = samples.stream().mapToDouble(MemorySampler::mean).average().orElse(0);
    double covariance = 0;
    double variance = 0;
    for (Sample sample : samples) {
      covariance += (sample.second() - meanX) * (mean(sample) - meanY);
      variance += (sample.second() - meanX) * (sample.second() - meanX);
    }
    return variance == 0 ? 0 : covariance / variance * 3_600;
  }

  private static double mean(Sample sample) {
    return sample.megabytes().stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }
}
