package io.henge.replication.ratis;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.Log;
import org.apache.ratis.server.RaftServerConfigKeys.Log.Appender;
import org.apache.ratis.server.RaftServerConfigKeys.Rpc;
import org.apache.ratis.server.RaftServerConfigKeys.Snapshot;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * Every setting of Ratis that Henge relies on, each with its reason. What is a parameter here may
 * differ between a server and an embedded test; the rest is decided.
 *
 * @param electionMin a follower that hears nothing for a random time between this and {@code
 *     electionMax} stands for election; heartbeats go every half of it. The lease must be at most
 *     2/3 of it
 * @param firstElectionMin the same until this replica has first heard of a leader
 * @param segmentBytes size of a log segment, preallocated. Ratis keeps the entries of the open one
 *     on the heap, for each group: what a node's groups may need of it is so many times this
 * @param entryBytesMax largest log entry; also how much is sent to a lagging follower at once
 * @param logEntriesKept entries that stay in the log behind what is durable, for followers that lag
 *     a little and for change streams
 * @param purgeEveryEntries how often (in applied entries) the log is considered for purging
 * @param stagingTimeout a newcomer that shows no sign of life for so long is given up
 */
public record RatisSettings(
    Duration electionMin,
    Duration electionMax,
    Duration firstElectionMin,
    Duration firstElectionMax,
    long segmentBytes,
    int entryBytesMax,
    long logEntriesKept,
    long purgeEveryEntries,
    Duration stagingTimeout) {

  /** What an entry takes in the log beyond its own bytes, at most. */
  private static final int ENTRY_OVERHEAD = 1024;

  public RatisSettings {
    if (electionMin.compareTo(Duration.ofMillis(20)) < 0
        || electionMax.compareTo(electionMin) <= 0) {
      throw new IllegalArgumentException(
          "election timeouts must be 20 ms <= min < max; found "
              + electionMin
              + ", "
              + electionMax);
    }
    if (segmentBytes < 64 << 10 || entryBytesMax < 64 << 10) {
      throw new IllegalArgumentException(
          "segments and entries must be allowed at least 64 KB; found "
              + segmentBytes
              + " and "
              + entryBytesMax);
    }
  }

  /** For servers. */
  public static RatisSettings normal() {
    return new RatisSettings(
        Duration.ofMillis(600),
        Duration.ofMillis(1000),
        Duration.ofMillis(150),
        Duration.ofMillis(400),
        16L << 20,
        4 << 20,
        10_000,
        50_000,
        Duration.ofSeconds(60));
  }

  /** For several nodes in one process with little memory and disk: tests, embedded use. */
  public static RatisSettings small() {
    return new RatisSettings(
        Duration.ofMillis(600),
        Duration.ofMillis(1000),
        Duration.ofMillis(100),
        Duration.ofMillis(300),
        1L << 20,
        2 << 20,
        1_000,
        5_000,
        Duration.ofSeconds(60));
  }

  public RatisSettings withElection(Duration min, Duration max) {
    return new RatisSettings(
        min,
        max,
        firstElectionMin,
        firstElectionMax,
        segmentBytes,
        entryBytesMax,
        logEntriesKept,
        purgeEveryEntries,
        stagingTimeout);
  }

  public RatisSettings withFirstElection(Duration min, Duration max) {
    return new RatisSettings(
        electionMin,
        electionMax,
        min,
        max,
        segmentBytes,
        entryBytesMax,
        logEntriesKept,
        purgeEveryEntries,
        stagingTimeout);
  }

  public RatisSettings withSegmentBytes(long bytes) {
    return new RatisSettings(
        electionMin,
        electionMax,
        firstElectionMin,
        firstElectionMax,
        bytes,
        entryBytesMax,
        logEntriesKept,
        purgeEveryEntries,
        stagingTimeout);
  }

  public RatisSettings withLogKept(long entriesKept, long purgeEvery) {
    return new RatisSettings(
        electionMin,
        electionMax,
        firstElectionMin,
        firstElectionMax,
        segmentBytes,
        entryBytesMax,
        entriesKept,
        purgeEvery,
        stagingTimeout);
  }

  RaftProperties toProperties(String host, int port) {
    RaftProperties p = new RaftProperties();
    rpc(p, host, port);
    log(p);
    snapshots(p);
    // Retries are ours (request ids in our own state); every proposal has a fresh call id, so a
    // reply
    // is never asked for twice. The cache has no bound but time, one entry for each log entry.
    RaftServerConfigKeys.RetryCache.setExpiryTime(p, TimeDuration.valueOf(2, TimeUnit.SECONDS));
    // Same: read-after-write indices that nobody asks for.
    RaftServerConfigKeys.Read.ReadAfterWriteConsistent.setWriteIndexCacheExpiryTime(
        p, TimeDuration.valueOf(2, TimeUnit.SECONDS));
    // Its lease and its linearizable reads are not safe enough; ours is in the log.
    RaftServerConfigKeys.Read.setLeaderLeaseEnabled(p, false);
    // Replicas are only ever removed whole, by us.
    RaftServerConfigKeys.setRemovedGroupsDir(p, new File("never-used"));
    // A laptop's lid or a suspended VM: stepping down is enough, Ratis would shut the server down.
    RaftServerConfigKeys.setCloseThreshold(p, TimeDuration.valueOf(3650, TimeUnit.DAYS));
    // A busy machine oversleeps; the default (300 ms) then skips an election timeout each time.
    RaftServerConfigKeys.setSleepDeviationThreshold(p, duration(electionMax));
    return p;
  }

  private void rpc(RaftProperties p, String host, int port) {
    RaftConfigKeys.Rpc.setType(p, new HengeRpc());
    GrpcConfigKeys.Server.setHost(p, host);
    GrpcConfigKeys.Server.setPort(p, port);
    // One connection for each pair of nodes; a second one for heartbeats brought nothing
    // measurable.
    GrpcConfigKeys.Server.setHeartbeatChannel(p, false);
    Rpc.setTimeoutMin(p, duration(electionMin));
    Rpc.setTimeoutMax(p, duration(electionMax));
    // Nobody can be disturbed by a first election: there is no leader yet.
    Rpc.setFirstElectionTimeoutMin(p, duration(firstElectionMin));
    Rpc.setFirstElectionTimeoutMax(p, duration(firstElectionMax));
    Rpc.setRequestTimeout(p, TimeDuration.valueOf(3, TimeUnit.SECONDS));
    // A leader that lost its majority does not stand again for this time, and a pause of the JVM of
    // this length makes it step down. The default of 10 s would leave a shard without a leader
    // after a
    // short cut of the network.
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        p, duration(electionMax.multipliedBy(2)));
    // Keeps a node that comes back from a partition from deposing a healthy leader.
    RaftServerConfigKeys.LeaderElection.setPreVote(p, true);
    // The default (900 ms) gives newcomers up while they fetch a snapshot.
    RaftServerConfigKeys.setStagingTimeout(p, duration(stagingTimeout));
  }

  private void log(RaftProperties p) {
    // Measured the clearest of all: CPU per entry 2.3-2.5 ms -> 1.8 ms.
    Log.setAppendEntriesComposeEnabled(p, false);
    // Spares an entry and an fsync per commit. The commit index is learned from the leader anyway.
    Log.setLogMetadataEnabled(p, false);
    // Both acknowledge entries that are not on disk.
    Log.setAsyncFlushEnabled(p, false);
    Log.setUnsafeFlushEnabled(p, false);
    // Damage must be seen: the other policy drops acknowledged entries with a warning.
    Log.setCorruptionPolicy(p, Log.CorruptionPolicy.EXCEPTION);
    // Preallocated whole: an fsync of an append that grows the file is several times dearer
    // (p99 22.5 ms with 4 MB steps, 5.9 ms with 64 MB). Segments of 64 MB filled a heap of 384 MB
    // with three groups after a minute and a half of writes.
    Log.setSegmentSizeMax(p, SizeInBytes.valueOf(segmentBytes));
    Log.setPreallocatedSize(p, SizeInBytes.valueOf(segmentBytes));
    // A closed segment stays in memory while it and the open one have room in it: for followers
    // that lag a little.
    Log.setSegmentCacheNumMax(p, 2);
    Log.setSegmentCacheSizeMax(p, SizeInBytes.valueOf(Math.max(segmentBytes, 4L << 20)));
    int limit = frame(this);
    Appender.setBufferByteLimit(p, SizeInBytes.valueOf(limit));
    // Must hold the largest entry with its frame; off the heap, one for each replica.
    Log.setWriteBufferSize(p, SizeInBytes.valueOf(limit + (64 << 10)));
    // Entries are proposed one at a time and carry many operations: never wait for more.
    Appender.setWaitTimeMin(p, TimeDuration.ZERO);
    // After errors; the default waits 5 s, which is how late a restarted follower would be found.
    Appender.setRetryPolicy(p, "5ms,10, 100ms,50, 500ms,100000000");
    // A preallocated segment must fit when a replica starts.
    RaftServerConfigKeys.setStorageFreeSpaceMin(p, SizeInBytes.valueOf(2 * segmentBytes));
  }

  private void snapshots(RaftProperties p) {
    // Ours: checkpoints fetched in parallel, resumed, throttled and fsynced (package snapshot).
    Appender.setInstallSnapshotEnabled(p, false);
    // "Taking a snapshot" only asks how far we are durable; it costs nothing.
    Snapshot.setAutoTriggerEnabled(p, true);
    Snapshot.setAutoTriggerThreshold(p, purgeEveryEntries);
    Snapshot.setTriggerWhenStopEnabled(p, false);
    Snapshot.setTriggerWhenRemoveEnabled(p, false);
    // Else one dead follower stops purging for ever; it will get a snapshot.
    Log.setPurgeUptoSnapshotIndex(p, true);
    Log.setPurgePreservationLogNum(p, logEntriesKept);
    Log.setPurgeGap(p, (int) Math.max(1, Math.min(1024, purgeEveryEntries)));
  }

  /** The largest entry as it is in the log. */
  static int frame(RatisSettings settings) {
    return settings.entryBytesMax + ENTRY_OVERHEAD;
  }

  static void setDirectory(RaftProperties p, Path directory) {
    RaftServerConfigKeys.setStorageDir(p, List.of(directory.toFile()));
  }

  private static TimeDuration duration(Duration duration) {
    return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
  }
}
