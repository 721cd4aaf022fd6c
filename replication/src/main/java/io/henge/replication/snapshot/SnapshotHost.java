package io.henge.replication.snapshot;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sending side: holds checkpoints of this node's replicas while others read them. A checkpoint
 * that nobody has read from for a while is deleted, so that a receiver that died costs disk for a
 * bounded time. Thread-safe; everything here blocks on the disk: not for event loops.
 */
public final class SnapshotHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotHost.class);
  private static final int CHUNK_BYTES = 256 << 10;
  private static final int CHECKSUMS_MAX = 100_000;

  /** Makes a checkpoint of a replica on this node. */
  @FunctionalInterface
  public interface Checkpoints {
    /**
     * Writes a checkpoint; see {@link io.henge.replication.GroupStateMachine#checkpoint}.
     *
     * @param directory must not exist; on the same file system as the replica's data
     * @throws HengeException NOT_FOUND if there is no such replica here
     */
    LogPosition checkpoint(GroupId group, Path directory);
  }

  /**
   * What a node spends on snapshots for others.
   *
   * @param heldMax checkpoints at once; more get BUSY
   * @param idle after so long without a read a checkpoint is deleted
   * @param bytesPerSecond over all transfers, until {@link #limitTo} says otherwise; 0 = no limit
   */
  public record Limits(int heldMax, Duration idle, long bytesPerSecond) {
    public static Limits standard() {
      return new Limits(8, Duration.ofSeconds(60), 64L << 20);
    }
  }

  private record FileKey(Object inode, long bytes, long modified) {}

  private final class Held {
    final SnapshotManifest manifest;
    final Path directory;
    final AtomicInteger readers = new AtomicInteger();
    volatile long usedAt = nanoTime.getAsLong();

    Held(SnapshotManifest manifest, Path directory) {
      this.manifest = manifest;
      this.directory = directory;
    }
  }

  private final Path directory;
  private final Checkpoints checkpoints;
  private final Limits limits;
  private final LongSupplier nanoTime;
  private final RateLimit rate;
  private final Map<String, Held> held = new ConcurrentHashMap<>();
  private final AtomicInteger places = new AtomicInteger();

  /** Files of a store never change once written, and are linked into each checkpoint. */
  private final Map<FileKey, Integer> checksums =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<FileKey, Integer> eldest) {
          return size() > CHECKSUMS_MAX;
        }
      };

  /**
   * @param directory where checkpoints are held; what is there is deleted
   */
  public SnapshotHost(Path directory, Checkpoints checkpoints, Limits limits, LongSupplier nanoTime)
      throws IOException {
    this.directory = directory;
    this.checkpoints = checkpoints;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.rate = new RateLimit(limits.bytesPerSecond(), nanoTime);
    DurableFiles.delete(directory);
    Files.createDirectories(directory);
  }

  /**
   * Changes what all transfers together may send, also for those under way.
   *
   * @param bytesPerSecond 0 = no limit
   */
  public void limitTo(long bytesPerSecond) {
    rate.set(bytesPerSecond);
  }

  /**
   * Makes a checkpoint and holds it. Reads every file once, for its checksum, unless it was part of
   * an earlier checkpoint.
   *
   * @throws HengeException BUSY if too many are held, NOT_FOUND if there is no such replica
   */
  public SnapshotManifest open(GroupId group) {
    sweep();
    if (places.incrementAndGet() > limits.heldMax()) {
      places.decrementAndGet();
      throw new HengeException(
          ErrorCode.BUSY,
          "this node holds " + limits.heldMax() + " snapshots for others already",
          1000,
          null);
    }
    String id = UUID.randomUUID().toString();
    Path target = directory.resolve(id);
    boolean done = false;
    try {
      LogPosition position = checkpoints.checkpoint(group, target);
      SnapshotManifest manifest =
          new SnapshotManifest(id, group, position, files(target), SnapshotManifest.FORMAT);
      held.put(id, new Held(manifest, target));
      done = true;
      return manifest;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (!done) {
        places.decrementAndGet();
        DurableFiles.delete(target);
      }
    }
  }

  private List<SnapshotManifest.File> files(Path root) throws IOException {
    List<SnapshotManifest.File> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile).sorted()::iterator) {
        String name = root.relativize(file).toString().replace('\\', '/');
        files.add(new SnapshotManifest.File(name, Files.size(file), checksum(file)));
      }
    }
    return files;
  }

  private int checksum(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (attributes.fileKey() == null) {
      return DurableFiles.crc32c(file);
    }
    FileKey key =
        new FileKey(
            attributes.fileKey(),
            attributes.size(),
            attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
    synchronized (checksums) {
      Integer known = checksums.get(key);
      if (known != null) {
        return known;
      }
    }
    int computed = DurableFiles.crc32c(file);
    synchronized (checksums) {
      checksums.put(key, computed);
    }
    return computed;
  }

  /**
   * Reads a file from an offset to its end into a sink, at the node's rate. Returns after the last
   * byte.
   *
   * @throws HengeException NOT_FOUND if the snapshot is not held (any more) or has no such file
   * @throws IOException if it cannot be read, or the sink will not have it
   */
  public void read(String snapshotId, String name, long offset, SnapshotTransport.ChunkSink sink)
      throws IOException {
    Held snapshot = held.get(snapshotId);
    if (snapshot == null) {
      throw new HengeException(
          ErrorCode.NOT_FOUND, "snapshot " + snapshotId + " is not held here (any more)");
    }
    SnapshotManifest.File file =
        snapshot.manifest.files().stream()
            .filter(candidate -> candidate.name().equals(name))
            .findFirst()
            .orElseThrow(
                () -> new HengeException(ErrorCode.NOT_FOUND, "the snapshot has no file " + name));
    if (offset < 0 || offset > file.bytes()) {
      throw HengeException.invalid(
          "the offset must be within the file's " + file.bytes() + " bytes; found " + offset);
    }
    snapshot.readers.incrementAndGet();
    try (FileChannel channel =
        FileChannel.open(snapshot.directory.resolve(name), StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES);
      CRC32C crc = new CRC32C();
      long at = offset;
      while (at < file.bytes()) {
        buffer.clear().limit(rate.portion(CHUNK_BYTES));
        if (channel.read(buffer, at) < 0) {
          throw new IOException("file " + name + " of the snapshot is shorter than it was");
        }
        buffer.flip();
        crc.reset();
        crc.update(buffer.duplicate());
        pause(rate.take(buffer.remaining()));
        int bytes = buffer.remaining();
        // The sink may keep nothing of it: the buffer is used again.
        sink.accept(at, buffer.asReadOnlyBuffer(), (int) crc.getValue());
        at += bytes;
        snapshot.usedAt = nanoTime.getAsLong();
      }
    } finally {
      snapshot.usedAt = nanoTime.getAsLong();
      snapshot.readers.decrementAndGet();
    }
  }

  private static void pause(long nanos) throws IOException {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The receiver has it all, or has given up. */
  public void release(String snapshotId) {
    Held snapshot = held.remove(snapshotId);
    if (snapshot != null) {
      places.decrementAndGet();
      DurableFiles.delete(snapshot.directory);
    }
  }

  /** Deletes what nobody has read from for too long. To be called now and then. */
  public void sweep() {
    long now = nanoTime.getAsLong();
    for (Held snapshot : held.values()) {
      if (snapshot.readers.get() == 0 && now - snapshot.usedAt > limits.idle().toNanos()) {
        LOG.info(
            "the snapshot of {} at {} was not read any more",
            snapshot.manifest.group(),
            snapshot.manifest.position());
        release(snapshot.manifest.id());
      }
    }
  }

  /** Snapshots that are held now. */
  public int heldNow() {
    return held.size();
  }

  @Override
  public void close() {
    for (String id : List.copyOf(held.keySet())) {
      release(id);
    }
  }
}
