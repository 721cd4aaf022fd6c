package io.henge.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.cli.transfer.RawRecord.Position;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.value.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ImporterTest {
  private static final DocumentLayout LAYOUT = DocumentLayout.of(List.of("k"), List.of("k"), "");

  private final List<Position> positions = new ArrayList<>();
  private final List<Reject> rejects = new ArrayList<>();

  private ImportOptions options(ImportOptions.Mode mode, int parallel, long rejectMax, int millis) {
    return new ImportOptions(
        null,
        mode,
        "line",
        parallel,
        rejectMax,
        Duration.ofMillis(millis),
        Path.of("unused"),
        null);
  }

  private ImportResult run(String text, Importer.Sink sink, ImportOptions options)
      throws IOException {
    RecordSplitter records =
        new RecordSplitter(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), null, 1_000);
    Importer.Listener listener =
        (position, documents, more) -> {
          positions.add(position);
          rejects.addAll(more);
        };
    return new Importer(records, new JsonLineParser(), LAYOUT, sink, listener, options, 1_000)
        .run();
  }

  private static String lines(int count, Random random, int keys) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append("{\"k\":").append(random.nextInt(keys)).append("}\n");
    }
    return text.toString();
  }

  private static HengeException error(ErrorCode code) {
    return new HengeException(code, "as planned");
  }

  /** Answers late, in any order, sometimes with an error that may mean anything. */
  private static final class FaultySink implements Importer.Sink {
    final Map<Long, Long> stored = new HashMap<>();
    final AtomicInteger inFlight = new AtomicInteger();
    private final Random random;
    int most;

    FaultySink(Random random) {
      this.random = random;
    }

    @Override
    public synchronized CompletableFuture<?> write(JsonObject document) {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      most = Math.max(most, inFlight.incrementAndGet());
      int kind = random.nextInt(10);
      boolean stores = kind != 0;
      Executor later =
          CompletableFuture.delayedExecutor(random.nextInt(3_000), TimeUnit.MICROSECONDS);
      later.execute(
          () -> {
            if (stores) {
              store(document);
            }
            inFlight.decrementAndGet();
            if (kind == 0) {
              answer.completeExceptionally(error(ErrorCode.BUSY));
            } else if (kind == 1) {
              answer.completeExceptionally(error(ErrorCode.OUTCOME_UNKNOWN));
            } else {
              answer.complete(null);
            }
          });
      return answer;
    }

    private synchronized void store(JsonObject document) {
      stored.put(number(document, "k"), number(document, "line"));
    }
  }

  private static long number(JsonObject document, String name) {
    return Long.parseLong(String.valueOf(document.get(name)));
  }

  @Test
  void shouldLetTheLaterRecordOfAKeyWin() throws IOException {
    Random random = Seed.random(getClass().getSimpleName());
    String text = lines(600, random, 100);
    FaultySink sink = new FaultySink(random);
    ImportResult result = run(text, sink, options(ImportOptions.Mode.UPSERT, 64, 0, 30_000));
    assertThat(result).isEqualTo(new ImportResult(600, 0, 1, 601, text.length(), null));
    Map<Long, Long> expected = new HashMap<>();
    long line = 0;
    for (String one : text.lines().toList()) {
      expected.put(Long.parseLong(one.replaceAll("\\D", "")), ++line);
    }
    assertThat(sink.stored).isEqualTo(expected);
    assertThat(sink.most).isBetween(2, 64);
    assertThat(positions).isSortedAccordingTo((a, b) -> Long.compare(a.offset(), b.offset()));
  }

  @Test
  void shouldTellRejectsInTheOrderOfTheFile() throws IOException {
    String text =
        "{\"k\":1}\n{\"k\":2\n[]\n{\"k\":3}\n{\"x\":1}\n{\"k\":1.5}\n"
            + "{\"k\":\""
            + "x".repeat(2_000)
            + "\"}\n{\"k\":4,\"line\":1}\n{\"k\":1}\n";
    Importer.Sink sink =
        document ->
            number(document, "k") == 3
                ? CompletableFuture.failedFuture(error(ErrorCode.ALREADY_EXISTS))
                : CompletableFuture.supplyAsync(
                    () -> 1, CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS));
    ImportResult result = run(text, sink, options(ImportOptions.Mode.INSERT, 8, 100, 1_000));
    assertThat(result.documents()).isEqualTo(2);
    assertThat(result.rejected()).isEqualTo(7);
    assertThat(rejects).extracting(Reject::line).containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L);
    assertThat(rejects.get(0).reason()).startsWith("JSON at column 7: ");
    assertThat(rejects.get(2).code()).isEqualTo("ALREADY_EXISTS");
    assertThat(rejects.get(5).reason()).contains("more than 1000 bytes");
    assertThat(new String(rejects.get(0).jsonLine(), StandardCharsets.UTF_8))
        .startsWith("{\"line\":2,\"code\":\"INVALID_ARGUMENT\",\"reason\":\"JSON at column 7: ")
        .endsWith("\"record\":\"{\\\"k\\\":2\"}\n");
  }

  @Test
  void shouldEndBeforeOneRejectTooMany() throws IOException {
    ImportResult result =
        run(
            "{\"k\":1}\n?\n{\"k\":2}\n?\n{\"k\":3}\n?\n{\"k\":4}\n",
            document -> CompletableFuture.completedFuture(1),
            options(ImportOptions.Mode.UPSERT, 8, 2, 1_000));
    assertThat(result.rejected()).isEqualTo(2);
    assertThat(result.nextLine()).as("the third is not counted").isEqualTo(6);
    assertThat(result.failure()).isNotNull().hasMessageContaining("is line 6: JSON at column 1");
  }

  @Test
  void shouldEndWithThePositionBeforeWhatTheClusterDoesNotTake() throws IOException {
    Importer.Sink sink =
        document ->
            number(document, "line") == 3
                ? CompletableFuture.failedFuture(error(ErrorCode.UNAVAILABLE))
                : CompletableFuture.completedFuture(1);
    ImportResult result =
        run(
            "{\"k\":1}\n{\"k\":2}\n{\"k\":3}\n{\"k\":4}\n",
            sink,
            options(ImportOptions.Mode.UPSERT, 8, 0, 200));
    assertThat(result.documents()).isEqualTo(2);
    assertThat(result.nextLine()).isEqualTo(3);
    assertThat(result.bytes()).isEqualTo(16);
    assertThat(result.failure())
        .isNotNull()
        .extracting(HengeException::code)
        .isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(rejects).isEmpty();
  }

  @Test
  void shouldSayThatAnEarlierTryMayHaveStoredTheRecord() throws IOException {
    AtomicInteger tries = new AtomicInteger();
    Importer.Sink sink =
        document ->
            CompletableFuture.failedFuture(
                error(
                    tries.incrementAndGet() == 1
                        ? ErrorCode.OUTCOME_UNKNOWN
                        : ErrorCode.ALREADY_EXISTS));
    run("{\"k\":1}\n", sink, options(ImportOptions.Mode.INSERT, 8, 1, 5_000));
    assertThat(rejects)
        .singleElement()
        .extracting(Reject::reason)
        .asString()
        .contains("earlier try");
  }
}
