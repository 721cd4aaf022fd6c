package io.henge.replication.snapshot;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiving side: fetches a checkpoint file by file, several at once. A stream that breaks or
 * stalls is taken up where it was; every chunk and every file is checked; all of it is on disk,
 * names included, before the fetch is done. What is left of a fetch that failed is deleted.
 */
public final class SnapshotFetcher implements SnapshotSource {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotFetcher.class);

  /**
   * How a fetch goes about it.
   *
   * @param streams files at once
   * @param attempts on one file without a byte of progress before the fetch is given up
   * @param stall a stream that brings nothing for so long is cut and taken up again
   * @param pause between attempts
   * @param open how long the other node may take to make the checkpoint
   */
  public record Options(int streams, int attempts, Duration stall, Duration pause, Duration open) {
    public static Options standard() {
      return new Options(
          3, 5, Duration.ofSeconds(15), Duration.ofMillis(200), Duration.ofMinutes(10));
    }
  }

  private final SnapshotTransport transport;
  private final Executor executor;
  private final Options options;

  /**
   * @param executor its threads block on disk and network; {@link Options#streams} of them for each
   *     fetch at a time
   */
  public SnapshotFetcher(SnapshotTransport transport, Executor executor, Options options) {
    this.transport = transport;
    this.executor = executor;
    this.options = options;
  }

  @Override
  public CompletableFuture<LogPosition> fetch(
      GroupId group, String nodeId, Path directory, Progress progress) {
    return transport
        .open(nodeId, group)
        .orTimeout(options.open().toMillis(), TimeUnit.MILLISECONDS)
        .thenComposeAsync(
            manifest -> new Fetch(nodeId, group, manifest, directory, progress).run(), executor);
  }

  private final class Fetch {
    private final String nodeId;
    private final GroupId group;
    private final SnapshotManifest manifest;
    private final Path directory;
    private final Progress progress;
    private final Queue<SnapshotManifest.File> waiting;
    private final AtomicLong done = new AtomicLong();
    private final AtomicBoolean failed = new AtomicBoolean();

    Fetch(
        String nodeId,
        GroupId group,
        SnapshotManifest manifest,
        Path directory,
        Progress progress) {
      this.nodeId = nodeId;
      this.group = group;
      this.manifest = manifest;
      this.directory = directory;
      this.progress = progress;
      // The largest first: else the last stream has a large one for itself.
      List<SnapshotManifest.File> files = new ArrayList<>(manifest.files());
      files.sort(Comparator.comparingLong(SnapshotManifest.File::bytes).reversed());
      this.waiting = new ConcurrentLinkedQueue<>(files);
    }

    CompletableFuture<LogPosition> run() {
      List<CompletableFuture<Void>> streams = new ArrayList<>();
      try {
        prepare();
        for (int i = 0; i < Math.min(options.streams(), manifest.files().size()); i++) {
          streams.add(CompletableFuture.runAsync(this::work, executor));
        }
      } catch (IOException | RuntimeException e) {
        failed.set(true);
        streams.add(CompletableFuture.failedFuture(e));
      }
      return CompletableFuture.allOf(streams.toArray(CompletableFuture[]::new))
          .thenApplyAsync(ignored -> finish(), executor)
          .whenComplete(
              (position, thrown) -> {
                transport.close(nodeId, manifest.id());
                if (thrown != null) {
                  DurableFiles.delete(directory);
                }
              });
    }

    private void prepare() throws IOException {
      if (manifest.format() != SnapshotManifest.FORMAT || !manifest.group().equals(group)) {
        throw new HengeException(
            ErrorCode.INTERNAL,
            "node "
                + nodeId
                + " offers a snapshot of "
                + manifest.group()
                + " in format "
                + manifest.format()
                + "; wanted "
                + group
                + " in format "
                + SnapshotManifest.FORMAT);
      }
      Files.createDirectories(directory);
      FileStore store = Files.getFileStore(directory);
      if (store.getUsableSpace() < manifest.bytes()) {
        throw new HengeException(
            ErrorCode.UNAVAILABLE,
            "a snapshot of "
                + manifest.bytes()
                + " bytes does not fit: "
                + store.getUsableSpace()
                + " bytes are free at "
                + directory);
      }
      for (SnapshotManifest.File file : manifest.files()) {
        Files.createDirectories(parent(target(file)));
      }
    }

    private Path target(SnapshotManifest.File file) {
      Path target = directory.resolve(file.name()).normalize();
      if (!target.startsWith(directory.normalize()) || target.equals(directory.normalize())) {
        throw new HengeException(
            ErrorCode.INTERNAL, "node " + nodeId + " offers a file named " + file.name());
      }
      return target;
    }

    /** Takes files until none is left. */
    private void work() {
      try {
        SnapshotManifest.File file;
        while (!failed.get() && (file = waiting.poll()) != null) {
          fetchFile(file);
        }
      } catch (IOException e) {
        failed.set(true);
        throw new CompletionException(e);
      } catch (RuntimeException e) {
        failed.set(true);
        throw e;
      }
    }

    private void fetchFile(SnapshotManifest.File file) throws IOException {
      int fruitless = 0;
      try (ReceivedFile received = new ReceivedFile(target(file), file, this::received)) {
        while (!received.complete()) {
          long before = received.bytes();
          Throwable problem = attempt(file, received);
          if (problem instanceof HengeException henge && henge.code() == ErrorCode.NOT_FOUND) {
            throw henge;
          }
          if (problem == null && !received.complete()) {
            problem = new IOException("the stream ended before the file");
          }
          if (problem == null) {
            break;
          }
          fruitless = received.bytes() > before ? 1 : fruitless + 1;
          if (fruitless >= options.attempts() || failed.get()) {
            throw new IOException(
                "file " + file.name() + " could not be fetched from node " + nodeId, problem);
          }
          LOG.debug("file {} from node {}: {}", file.name(), nodeId, problem.toString());
          pause();
        }
        received.verify();
      }
    }

    /** Null, or why the stream ended. */
    private @org.jspecify.annotations.Nullable Throwable attempt(
        SnapshotManifest.File file, ReceivedFile received) {
      CompletableFuture<Void> stream =
          transport.fetch(nodeId, manifest.id(), file.name(), received.bytes(), received.sink());
      try {
        while (true) {
          long before = received.bytes();
          try {
            stream.get(options.stall().toMillis(), TimeUnit.MILLISECONDS);
            return null;
          } catch (TimeoutException e) {
            if (received.bytes() == before || failed.get()) {
              return e;
            }
          }
        }
      } catch (ExecutionException e) {
        return e.getCause();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failed.set(true);
        return e;
      } finally {
        // Nothing may come late and in between.
        received.cut();
        stream.cancel(true);
      }
    }

    private void received(int bytes) {
      progress.update(done.addAndGet(bytes), manifest.bytes());
    }

    private void pause() throws IOException {
      try {
        TimeUnit.MILLISECONDS.sleep(options.pause().toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }

    private LogPosition finish() {
      try {
        DurableFiles.syncTree(directory);
        DurableFiles.sync(parent(directory));
        return manifest.position();
      } catch (IOException e) {
        throw new CompletionException(e);
      }
    }
  }

  private static Path parent(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    return parent == null ? path : parent;
  }
}
