package io.henge.bench.reshape;

import io.henge.api.key.PhysicalKey;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.client.Operations.Operation;
import io.henge.client.Operations.State;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * Lets four fifths of a load fall on one shard, by Zipf's law over its sharding keys, and waits
 * until the cluster cuts it by itself.
 */
public final class SkewRun {
  private static final int KEYS = 10_000;
  private static final double SKEWED_PART = 0.8;
  private static final double EXPONENT = 0.99;
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long WARM_UP_SECONDS = 60;
  private static final long CUT_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final HengeClient client;
  private final SteadyLoad load;
  private final Consumer<String> progress;

  private SkewRun(HengeClient client, SteadyLoad load, Consumer<String> progress) {
    this.client = client;
    this.load = load;
    this.progress = progress;
  }

  /**
   * Runs it all; blocks until done.
   *
   * @param connect addresses of a cluster with at least two shards
   * @param threads that each have one operation in flight
   * @param operationsMax a shard with more operations per second is cut
   */
  public static SkewReport run(
      String connect, int threads, long operationsMax, Consumer<String> progress) {
    try (HengeClient client =
            HengeClient.connect(List.of(connect.split(",")), ClientOptions.DEFAULT);
        SteadyLoad load = new SteadyLoad(client, KEYS, 1_000)) {
      return new SkewRun(client, load, progress).run(threads, operationsMax);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private SkewReport run(int threads, long operationsMax) throws InterruptedException {
    Map<String, String> set = new LinkedHashMap<>();
    set.put("auto-merge", "off");
    set.put("split-load-seconds", "10");
    set.put("split-cool-down-seconds", "30");
    set.put("split-operations-per-second", "0");
    set.forEach(client.operations()::set);
    load.fill(progress);
    load.begin(threads);
    progress.accept("warming up: " + WARM_UP_SECONDS + " s of an even load");
    TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
    double even = load.rate(System.nanoTime() - WINDOW_NANOS, System.nanoTime());
    progress.accept(Math.round(even) + " operations/s, evenly");

    List<ClusterStatus.Shard> before = shards();
    long[] hot = keysOf(before.get(0), before);
    long[] cold =
        LongStream.range(0, KEYS).filter(key -> Arrays.binarySearch(hot, key) < 0).toArray();
    double[] cumulated = zipf(KEYS);
    client.operations().set("split-operations-per-second", Long.toString(operationsMax));
    load.choose(
        random ->
            random.nextDouble() < SKEWED_PART || cold.length == 0
                ? pick(hot, cumulated, random)
                : pick(cold, cumulated, random));
    long onset = System.nanoTime();
    Operation cut = awaitCut(onset);
    long done = System.nanoTime();
    progress.accept("shard " + cut.shardId() + " has been cut");
    // It settles: leaderships move, clients learn.
    TimeUnit.NANOSECONDS.sleep(3 * WINDOW_NANOS);
    long end = System.nanoTime();
    List<ClusterStatus.Shard> after = shards();
    load.close();
    load.firstErrors().forEach(progress);
    Map<String, Object> settings = new LinkedHashMap<>(set);
    settings.put("split-operations-per-second", operationsMax);
    settings.put("threads", threads);
    settings.put("warm-up seconds", WARM_UP_SECONDS);
    settings.put("keys", KEYS);
    settings.put("part of the load on one shard", SKEWED_PART);
    settings.put("processors", Runtime.getRuntime().availableProcessors());
    settings.put("nodes", client.admin().status().nodes().size());
    long cutMillis = (done - onset) / 1_000_000;
    long tookMillis = cut.ended().toEpochMilli() - cut.started().toEpochMilli();
    return new SkewReport(
        settings,
        even,
        load.rate(onset, done),
        load.rate(end - WINDOW_NANOS, end),
        Math.max(0, cutMillis - tookMillis),
        cutMillis,
        before.size(),
        after.size(),
        hottestPart(before, hot, cold, cumulated),
        hottestPart(after, hot, cold, cumulated),
        load.errors());
  }

  /** In the order of the ring. */
  private List<ClusterStatus.Shard> shards() {
    return client.admin().status().shards().stream()
        .sorted(Comparator.comparing(ClusterStatus.Shard::start, Arrays::compareUnsigned))
        .toList();
  }

  private static int shardOf(long key, List<ClusterStatus.Shard> shards) {
    long token = SteadyLoad.key(key).token();
    for (int i = shards.size() - 1; i > 0; i--) {
      if (Long.compareUnsigned(token, PhysicalKey.token(shards.get(i).start())) >= 0) {
        return i;
      }
    }
    return 0;
  }

  private static long[] keysOf(ClusterStatus.Shard shard, List<ClusterStatus.Shard> all) {
    return LongStream.range(0, KEYS)
        .filter(key -> all.get(shardOf(key, all)).id() == shard.id())
        .toArray();
  }

  private static double[] zipf(int count) {
    double[] cumulated = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += 1 / Math.pow(i + 1, EXPONENT);
      cumulated[i] = sum;
    }
    return cumulated;
  }

  private static long pick(long[] keys, double[] cumulated, SplittableRandom random) {
    double wanted = random.nextDouble() * cumulated[keys.length - 1];
    int found = Arrays.binarySearch(cumulated, 0, keys.length, wanted);
    return keys[Math.min(keys.length - 1, found >= 0 ? found : -found - 1)];
  }

  /** By the law, not by what was measured. */
  private static double hottestPart(
      List<ClusterStatus.Shard> shards, long[] hot, long[] cold, double[] cumulated) {
    double[] parts = new double[shards.size()];
    add(parts, shards, hot, cumulated, cold.length == 0 ? 1 : SKEWED_PART);
    add(parts, shards, cold, cumulated, 1 - SKEWED_PART);
    return Arrays.stream(parts).max().orElse(0);
  }

  private static void add(
      double[] parts,
      List<ClusterStatus.Shard> shards,
      long[] keys,
      double[] cumulated,
      double part) {
    for (int i = 0; i < keys.length; i++) {
      double own = cumulated[i] - (i == 0 ? 0 : cumulated[i - 1]);
      parts[shardOf(keys[i], shards)] += part * own / cumulated[keys.length - 1];
    }
  }

  private Operation awaitCut(long onset) throws InterruptedException {
    while (System.nanoTime() - onset < CUT_NANOS) {
      for (Operation operation : client.operations().list(true)) {
        if (!operation.byCommand() && operation.state() == State.DONE) {
          return operation;
        }
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    throw new IllegalStateException(
        "no shard was cut within five minutes; the planner says: "
            + client.operations().explainShard(shards().get(0).id()));
  }
}
