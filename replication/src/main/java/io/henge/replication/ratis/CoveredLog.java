package io.henge.replication.ratis;

import io.henge.replication.snapshot.DurableFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.util.SizeInBytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears a log that ends before the state begins: a snapshot was installed, and the process ended
 * before Ratis purged the log. At a start Ratis drops the closed segments of such a log but keeps
 * the open one, and then refuses every entry that follows the snapshot, for ever ("gap between
 * entries").
 */
final class CoveredLog {
  private static final Logger LOG = LoggerFactory.getLogger(CoveredLog.class);
  private static final String OPEN = "log_inprogress_";

  /** The log reaches as far as the state: nothing to do. */
  private static final class ReachesState extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ReachesState() {
      super(null, null, false, false);
    }
  }

  private CoveredLog() {}

  /**
   * Deletes the open segment if every entry in it is older than the state's last one.
   *
   * @param replica directory of the replica's log; not in use
   * @param durable index that the state on disk stands for
   */
  static void drop(Path replica, long durable, int entryBytesMax) throws IOException {
    Path current = replica.resolve("current");
    if (durable < 0 || !Files.isDirectory(current)) {
      return;
    }
    try (DirectoryStream<Path> segments = Files.newDirectoryStream(current, OPEN + "*")) {
      for (Path segment : segments) {
        if (startOf(segment) < durable && !reaches(segment, durable, entryBytesMax)) {
          LOG.info("{} ends before the state at {} and is dropped", segment, durable);
          Files.delete(segment);
          DurableFiles.sync(current);
        }
      }
    }
  }

  private static long startOf(Path segment) {
    return Long.parseLong(segment.getFileName().toString().substring(OPEN.length()));
  }

  private static boolean reaches(Path segment, long durable, int entryBytesMax) throws IOException {
    LogSegmentPath path = LogSegmentPath.matchLogSegment(segment);
    if (path == null) {
      // Of no size, and deleted by the call.
      return true;
    }
    try {
      LogSegment.readSegmentFile(
          segment.toFile(),
          path.getStartEnd(),
          SizeInBytes.valueOf(entryBytesMax),
          CorruptionPolicy.EXCEPTION,
          null,
          entry -> {
            if (entry.getIndex() >= durable) {
              throw new ReachesState();
            }
          });
      return false;
    } catch (ReachesState e) {
      return true;
    }
  }
}
