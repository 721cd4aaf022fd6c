package io.henge.replication.ratis;

import io.henge.replication.Consensus;
import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.snapshot.DurableFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.impl.ServerImplUtils;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.server.storage.RaftStorageImpl;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.server.storage.StorageImplUtils;
import org.apache.ratis.util.SizeInBytes;

/**
 * Writes the directory of a replica that does not begin with an empty log: its members, and a
 * position that its state machine stands for already. How the child of a split is born on every
 * member at once, without a transfer.
 *
 * <p>The members must be on disk before the replica starts: what a group is added with lives in
 * memory only, and a replica that has lost it never stands for election again.
 */
public final class GroupSeed {
  /**
   * Where a seeded group's log begins: after this. Term and index must be above zero (Ratis takes
   * term 0 for "no log", and would let an empty replica win); the term must be that of no other
   * group, or the first entries look older than the seed.
   */
  public static final LogPosition POSITION = Consensus.SEED_POSITION;

  private GroupSeed() {}

  /**
   * Makes the directory, completely or not at all.
   *
   * @param directory where the node keeps its replicas' logs
   * @param position {@link #POSITION}, or {@link LogPosition#NONE} for a group without state. The
   *     state machine must report the same as its applied and durable position
   * @throws FileAlreadyExistsException if there is a replica of the group already
   */
  public static void write(
      Path directory, GroupId group, List<Member> members, LogPosition position)
      throws IOException {
    boolean empty = position.equals(LogPosition.NONE);
    if (!empty && (position.term() < 1 || position.index() < 1)) {
      throw new IllegalArgumentException(
          "a seed needs a term and an index of at least 1; found " + position);
    }
    Path target = directory.resolve(group.uuid().toString());
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    // Ratis and we ignore names that are not UUIDs.
    Path draft = directory.resolve("draft-" + group.uuid());
    DurableFiles.delete(draft);
    Files.createDirectories(directory);
    RaftStorageImpl storage =
        StorageImplUtils.newRaftStorage(
            draft.toFile(),
            SizeInBytes.valueOf(0),
            StartupOption.FORMAT,
            CorruptionPolicy.EXCEPTION);
    storage.initialize();
    try {
      // Of an empty log: as if it were its first entry, which will be the same.
      long index = Math.max(0, position.index());
      RaftConfiguration conf =
          ServerImplUtils.newRaftConfiguration(
              Ids.peers(members), List.of(), index, List.of(), List.of());
      storage.writeRaftConfiguration(LogProtoUtils.toLogEntryProto(conf, position.term(), index));
      storage.getMetadataFile().persist(RaftStorageMetadata.valueOf(position.term(), null));
    } finally {
      storage.close();
    }
    if (storage.readRaftConfiguration() == null) {
      // It logs a failed write and goes on.
      throw new IOException("the members could not be written to " + draft);
    }
    DurableFiles.syncTree(draft);
    Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.sync(directory);
  }
}
