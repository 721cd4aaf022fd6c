package io.henge.replication.snapshot;

import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** Where a replica gets checkpoints of its group from. Thread-safe; must not block. */
@FunctionalInterface
public interface SnapshotSource {
  /**
   * Fetches a checkpoint of a group.
   *
   * @param nodeId node to ask: the group's leader
   * @param directory where to put it; must not exist; complete and fsynced when the future
   *     completes, and gone (or of no use to anybody) when it fails
   * @param progress told now and then
   * @return the position the checkpoint stands for
   */
  CompletableFuture<LogPosition> fetch(
      GroupId group, String nodeId, Path directory, Progress progress);

  /** Takes note of how far a transfer is. Any thread. */
  @FunctionalInterface
  interface Progress {
    /** Nobody is interested. */
    Progress NONE = (done, total) -> {};

    void update(long bytesDone, long bytesTotal);
  }
}
