package io.henge.replication.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotTransferTest {
  private static final GroupId GROUP = new GroupId(1, 2);
  private static final LogPosition POSITION = new LogPosition(3, 44);

  @TempDir Path directory;
  private final Random random = Seed.random("SnapshotTransferTest");
  private final AtomicLong clock = new AtomicLong(1);
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final FaultyTransport transport = new FaultyTransport(executor);
  private Path store;
  private SnapshotHost host;
  private SnapshotFetcher fetcher;

  @BeforeEach
  void open() throws IOException {
    store = Files.createDirectories(directory.resolve("store"));
    write("CURRENT", 20);
    write("MANIFEST-000004", 3000);
    write("000011.sst", 2_000_000);
    write("000012.sst", 700_001);
    write("000013.sst", 256 << 10);
    write("empty", 0);
    write("deep/er/file", 100);
    host = newHost(new SnapshotHost.Limits(2, Duration.ofSeconds(60), 0));
    transport.add("leader", host);
    fetcher =
        new SnapshotFetcher(
            transport,
            executor,
            new SnapshotFetcher.Options(
                3, 3, Duration.ofMillis(300), Duration.ofMillis(1), Duration.ofSeconds(10)));
  }

  @AfterEach
  void close() {
    executor.shutdownNow();
  }

  private SnapshotHost newHost(SnapshotHost.Limits limits) throws IOException {
    return new SnapshotHost(
        directory.resolve("held"), (group, target) -> checkpoint(target), limits, clock::get);
  }

  private void write(String name, int bytes) throws IOException {
    byte[] content = new byte[bytes];
    random.nextBytes(content);
    Path file = store.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private LogPosition checkpoint(Path target) {
    try {
      for (String name : content(store).keySet()) {
        Path file = target.resolve(name);
        Files.createDirectories(file.getParent());
        Files.createLink(file, store.resolve(name));
      }
      return POSITION;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, byte[]> content(Path root) throws IOException {
    Map<String, byte[]> content = new TreeMap<>();
    try (var files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        content.put(root.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return content;
  }

  private LogPosition fetch(Path target) {
    return fetcher
        .fetch(GROUP, "leader", target, SnapshotSource.Progress.NONE)
        .orTimeout(30, TimeUnit.SECONDS)
        .join();
  }

  private void assertFetched(Path target) throws IOException {
    Map<String, byte[]> expected = content(store);
    Map<String, byte[]> found = content(target);
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, bytes) -> assertThat(found.get(name)).as(name).isEqualTo(bytes));
  }

  @Test
  void shouldFetchEveryFileAndLetTheSenderGo() throws IOException {
    AtomicLong told = new AtomicLong();
    Path target = directory.resolve("in");
    LogPosition position =
        fetcher
            .fetch(GROUP, "leader", target, (done, total) -> told.accumulateAndGet(done, Math::max))
            .join();
    assertThat(position).isEqualTo(POSITION);
    assertFetched(target);
    assertThat(told.get())
        .isEqualTo(content(store).values().stream().mapToLong(bytes -> bytes.length).sum());
    assertThat(host.heldNow()).isZero();
    assertThat(directory.resolve("held")).isEmptyDirectory();
  }

  @Test
  void shouldTakeBrokenStreamsUpWhereTheyWere() throws IOException {
    transport.at(3, FaultyTransport.Fault.BREAK);
    transport.at(6, FaultyTransport.Fault.STALL);
    transport.at(9, FaultyTransport.Fault.DAMAGE);
    Path target = directory.resolve("in");
    assertThat(fetch(target)).isEqualTo(POSITION);
    assertFetched(target);
    // Each fault costs a stream and the chunk that was lost, not the file.
    assertThat(transport.streams).hasValueBetween(8, 10);
    assertThat(transport.chunks).hasValueLessThan(35);
  }

  @Test
  void shouldSurviveRandomFaults() throws IOException {
    for (int chunk = 1; chunk < 200; chunk++) {
      if (random.nextInt(5) == 0) {
        transport.at(
            chunk,
            random.nextBoolean() ? FaultyTransport.Fault.BREAK : FaultyTransport.Fault.DAMAGE);
      }
    }
    SnapshotFetcher patient =
        new SnapshotFetcher(
            transport,
            executor,
            new SnapshotFetcher.Options(
                4, 50, Duration.ofSeconds(5), Duration.ofMillis(1), Duration.ofSeconds(10)));
    Path target = directory.resolve("in");
    patient
        .fetch(GROUP, "leader", target, SnapshotSource.Progress.NONE)
        .orTimeout(30, TimeUnit.SECONDS)
        .join();
    assertFetched(target);
  }

  @Test
  void shouldGiveUpWithoutProgressAndLeaveNothing() {
    for (int chunk = 1; chunk < 100; chunk++) {
      transport.at(chunk, FaultyTransport.Fault.BREAK);
    }
    Path target = directory.resolve("in");
    assertThatThrownBy(() -> fetch(target))
        .isInstanceOf(CompletionException.class)
        .hasRootCauseMessage("the connection broke");
    assertThat(target).doesNotExist();
    assertThat(host.heldNow()).isZero();
  }

  @Test
  void shouldNoticeAFileThatIsNotWhatTheManifestSays() throws IOException {
    // Warms the sender's cache of checksums, then changes a byte behind its back.
    SnapshotManifest first = host.open(GROUP);
    host.release(first.id());
    Path file = store.resolve("000012.sst");
    var modified = Files.getLastModifiedTime(file);
    byte[] content = Files.readAllBytes(file);
    content[17] ^= 1;
    Files.write(file, content);
    Files.setLastModifiedTime(file, modified);
    Path target = directory.resolve("in");
    assertThatThrownBy(() -> fetch(target))
        .cause()
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION));
    assertThat(target).doesNotExist();
  }

  @Test
  void shouldDropASnapshotThatNobodyReads() {
    SnapshotManifest manifest = host.open(GROUP);
    clock.addAndGet(Duration.ofSeconds(59).toNanos());
    host.sweep();
    assertThat(host.heldNow()).isOne();
    clock.addAndGet(Duration.ofSeconds(2).toNanos());
    host.sweep();
    assertThat(host.heldNow()).isZero();
    assertThat(directory.resolve("held")).isEmptyDirectory();
    assertThatThrownBy(() -> host.read(manifest.id(), "CURRENT", 0, (at, data, crc) -> {}))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
  }

  @Test
  void shouldHoldNoMoreThanItsLimit() {
    host.open(GROUP);
    SnapshotManifest second = host.open(GROUP);
    assertThatThrownBy(() -> host.open(GROUP))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BUSY));
    host.release(second.id());
    host.release(second.id());
    host.open(GROUP);
    assertThatThrownBy(() -> host.open(GROUP)).isInstanceOf(HengeException.class);
  }

  @Test
  void shouldServeOnlyFilesOfTheSnapshot() {
    SnapshotManifest manifest = host.open(GROUP);
    for (String name : new String[] {"../../store/CURRENT", "/etc/passwd", "", "deep"}) {
      assertThatThrownBy(() -> host.read(manifest.id(), name, 0, (at, data, crc) -> {}))
          .isInstanceOfSatisfying(
              HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }
    assertThatThrownBy(() -> host.read(manifest.id(), "CURRENT", 21, (at, data, crc) -> {}))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void shouldRefuseFilesOutsideTheTarget() {
    SnapshotTransport evil =
        new SnapshotTransport() {
          @Override
          public CompletableFuture<SnapshotManifest> open(String nodeId, GroupId group) {
            return CompletableFuture.completedFuture(
                new SnapshotManifest(
                    "x",
                    group,
                    POSITION,
                    java.util.List.of(new SnapshotManifest.File("../escaped", 0, 0)),
                    SnapshotManifest.FORMAT));
          }

          @Override
          public CompletableFuture<Void> fetch(
              String nodeId, String snapshotId, String file, long offset, ChunkSink sink) {
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public void close(String nodeId, String snapshotId) {}
        };
    SnapshotFetcher gullible =
        new SnapshotFetcher(evil, executor, SnapshotFetcher.Options.standard());
    assertThatThrownBy(
            () ->
                gullible
                    .fetch(GROUP, "leader", directory.resolve("in"), SnapshotSource.Progress.NONE)
                    .join())
        .hasMessageContaining("escaped");
    assertThat(directory.resolve("escaped")).doesNotExist();
  }

  @Test
  void shouldSpreadBytesOverTime() {
    RateLimit limit = new RateLimit(1000, clock::get);
    assertThat(limit.take(500)).isZero();
    assertThat(limit.take(500)).isEqualTo(500_000_000L);
    clock.addAndGet(2_000_000_000L);
    // What was not used is not saved up.
    assertThat(limit.take(1000)).isZero();
    assertThat(limit.take(1)).isEqualTo(1_000_000_000L);
    assertThat(new RateLimit(0, clock::get).take(Integer.MAX_VALUE)).isZero();
  }

  @Test
  void shouldObeyARateThatChanges() {
    RateLimit limit = new RateLimit(1000, clock::get);
    assertThat(limit.take(500)).isZero();
    limit.set(100);
    assertThat(limit.take(100)).isEqualTo(500_000_000L);
    assertThat(limit.take(1)).isEqualTo(1_500_000_000L);
    limit.set(0);
    assertThat(limit.take(1_000_000)).isZero();
  }

  /** Else a slow transfer would look like a broken one, and be begun again and again. */
  @Test
  void shouldSendSmallPortionsWhereTheRateIsLow() {
    assertThat(new RateLimit(0, clock::get).portion(256 << 10)).isEqualTo(256 << 10);
    assertThat(new RateLimit(64 << 20, clock::get).portion(256 << 10)).isEqualTo(256 << 10);
    assertThat(new RateLimit(1 << 20, clock::get).portion(256 << 10)).isEqualTo(64 << 10);
    assertThat(new RateLimit(1, clock::get).portion(256 << 10)).isEqualTo(4 << 10);
    assertThat(new RateLimit(1, clock::get).portion(100)).isEqualTo(100);
  }

  @Test
  void shouldFetchAtARateThatIsSetMeanwhile() throws IOException {
    long bytes = content(store).values().stream().mapToLong(content -> content.length).sum();
    SnapshotHost slow =
        new SnapshotHost(
            directory.resolve("slow"),
            (group, target) -> checkpoint(target),
            new SnapshotHost.Limits(2, Duration.ofSeconds(60), 64 << 10),
            System::nanoTime);
    transport.add("leader", slow);
    Path target = directory.resolve("in");
    long began = System.nanoTime();
    AtomicLong changedAt = new AtomicLong();
    SnapshotSource.Progress progress =
        (done, total) -> {
          if (done > 40_000 && changedAt.compareAndSet(0, System.nanoTime())) {
            slow.limitTo(100 << 20);
          }
        };
    fetcher.fetch(GROUP, "leader", target, progress).orTimeout(30, TimeUnit.SECONDS).join();
    assertFetched(target);
    // 40,000 bytes at 64 KiB a second; at that rate the whole would take three quarters of a
    // minute.
    assertThat(changedAt.get() - began).isGreaterThan(300_000_000L);
    assertThat(System.nanoTime() - began).isLessThan(bytes * 1_000_000_000L / (64 << 10) / 2);
  }
}
