package io.henge.replication.snapshot;

import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import java.util.List;

/**
 * A checkpoint that a node holds for others to read.
 *
 * @param id names it on its node; it is gone when nobody has read from it for the host's timeout
 * @param position the log position it stands for
 * @param files all its files
 * @param format {@link #FORMAT}; a receiver refuses what it does not know
 */
public record SnapshotManifest(
    String id, GroupId group, LogPosition position, List<File> files, int format) {
  public static final int FORMAT = 1;

  /**
   * A file of a checkpoint.
   *
   * @param name relative, with slashes
   * @param crc32c of the whole file
   */
  public record File(String name, long bytes, int crc32c) {}

  public SnapshotManifest {
    files = List.copyOf(files);
  }

  public long bytes() {
    return files.stream().mapToLong(File::bytes).sum();
  }
}
