package io.henge.cli.transfer;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.cli.transfer.RawRecord.Position;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes the records of a file, many at a time. One thread reads, sends and takes the answers, so
 * nothing here needs a lock; what waits for an answer is bounded in number and bytes.
 *
 * <p>Records are done in any order, but counted in that of the file: the position to go on from is
 * behind the last record before which all are acknowledged or rejected. Two records of the same
 * keys are never on their way together, so that the later one of the file is what stays.
 */
final class Importer {
  /** Writes a document; the future fails with {@link HengeException}. */
  interface Sink {
    CompletableFuture<?> write(JsonObject document);
  }

  /** Is told how far an import is. */
  interface Listener {
    /**
     * All records before the position are done. Called often, also if nothing has changed.
     *
     * @param documents imported by this run
     * @param rejects of this run that were not told before, in the order of the file
     */
    void advanced(Position position, long documents, List<Reject> rejects) throws IOException;
  }

  private static final long BYTES_IN_FLIGHT_MAX = 24 << 20;

  /** Records that are read, and not all before them done: one that is tried again holds up few. */
  private static final int WINDOW_FACTOR = 8;

  private static final long WAIT_MILLIS = 50;
  private static final long BACKOFF_MILLIS = 50;
  private static final long BACKOFF_MILLIS_MAX = 2_000;

  private record Keys(Key shardingKey, Key sortKey) {}

  /**
   * A record on its way. Its document, which may take many times its bytes, is not kept while it
   * waits, and its bytes only until it is done: others before it may take long.
   */
  private static final class Slot {
    final Position end;
    @Nullable RawRecord record;
    @Nullable JsonObject document;
    @Nullable Keys keys;
    @Nullable Reject reject;
    boolean done;
    boolean maybeStored;
    int tries;
    long firstNanos;
    long retryNanos;

    Slot(RawRecord record) {
      this.record = record;
      this.end = record.end();
    }

    RawRecord record() {
      return Objects.requireNonNull(record);
    }
  }

  /** How a try ended. */
  private record Answer(Slot slot, @Nullable Throwable failure) {}

  private final RecordSplitter records;
  private final RecordParser parser;
  private final DocumentLayout layout;
  private final Sink sink;
  private final Listener listener;
  private final ImportOptions options;
  private final int recordBytesMax;

  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final Deque<Slot> window = new ArrayDeque<>();
  private final Set<Keys> keysOnTheirWay = new HashSet<>();
  private final List<Slot> retries = new ArrayList<>();
  private final Position from;

  /** Read, and not sent since a record of the same keys is on its way. */
  private @Nullable Slot held;

  private int inFlight;
  private int rejectsInWindow;
  private long bytesInFlight;
  private long documents;
  private long rejected;
  private Position position;
  private boolean ended;
  private @Nullable HengeException failure;

  Importer(
      RecordSplitter records,
      RecordParser parser,
      DocumentLayout layout,
      Sink sink,
      Listener listener,
      ImportOptions options,
      int recordBytesMax) {
    this.records = records;
    this.parser = parser;
    this.layout = layout;
    this.sink = sink;
    this.listener = listener;
    this.options = options;
    this.recordBytesMax = recordBytesMax;
    this.from = records.position();
    this.position = from;
  }

  /** Imports to the end, or to where something fails; returns when nothing is on its way. */
  ImportResult run() throws IOException {
    while (failure == null ? !(ended && window.isEmpty()) : inFlight > 0) {
      boolean idle = !readOne();
      Answer answer = answers.poll();
      if (answer == null && idle) {
        answer = await();
      }
      for (; answer != null; answer = answers.poll()) {
        settle(answer);
      }
      tryAgain();
      advance();
    }
    advance();
    return new ImportResult(
        documents,
        rejected,
        from.line(),
        position.line(),
        position.offset() - from.offset(),
        failure);
  }

  private @Nullable Answer await() {
    try {
      return answers.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      fail(new HengeException(ErrorCode.UNAVAILABLE, "the import was interrupted"));
      return null;
    }
  }

  // ---- Reading and sending ----

  /** Reads a record and sends it; false if there is none, or no room for one. */
  private boolean readOne() throws IOException {
    if (failure != null
        || inFlight >= options.parallel()
        || bytesInFlight >= BYTES_IN_FLIGHT_MAX
        || rejected + rejectsInWindow > options.rejectMax()
        || window.size() >= WINDOW_FACTOR * options.parallel()) {
      return false;
    }
    Slot slot = held;
    if (slot == null) {
      RawRecord record = ended ? null : records.next();
      if (record == null) {
        ended = true;
        return false;
      }
      slot = new Slot(record);
      window.add(slot);
      bytesInFlight += record.bytes().length;
      if (!understood(slot)) {
        return true;
      }
    }
    Keys keys = slot.keys;
    if (keys != null && !keysOnTheirWay.add(keys)) {
      held = slot;
      return false;
    }
    held = null;
    slot.firstNanos = System.nanoTime();
    send(slot);
    return true;
  }

  /** Makes the document; false if it is rejected. */
  private boolean understood(Slot slot) {
    try {
      JsonObject document = document(slot.record());
      slot.keys = new Keys(layout.shardingKey(document), layout.sortKey(document));
      slot.document = document;
      return true;
    } catch (HengeException e) {
      reject(slot, e);
      return false;
    }
  }

  private JsonObject document(RawRecord record) {
    if (record.tooLong()) {
      throw HengeException.invalid(
          "a record of more than "
              + recordBytesMax
              + " bytes, to line "
              + (record.end().line() - 1)
              + ": no document is that long"
              + (options.csv() == null ? "" : "; is there a quote that is never closed?"));
    }
    JsonObject document = parser.parse(record.bytes());
    if (options.lineField().isEmpty()) {
      return document;
    }
    if (document.has(options.lineField())) {
      throw HengeException.invalid(
          "--line-as: the record has a member " + options.lineField() + " already");
    }
    return document.with(options.lineField(), JsonNumber.of(record.line()));
  }

  private void send(Slot slot) {
    slot.tries++;
    inFlight++;
    CompletableFuture<?> written;
    try {
      JsonObject document = slot.document;
      slot.document = null;
      written = sink.write(document != null ? document : document(slot.record()));
    } catch (HengeException e) {
      // For example a document that is too large: found before it is sent.
      written = CompletableFuture.failedFuture(e);
    }
    written.whenComplete((result, error) -> answers.add(new Answer(slot, error)));
  }

  private void tryAgain() {
    if (failure != null || retries.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    List<Slot> due = retries.stream().filter(slot -> slot.retryNanos - now <= 0).toList();
    retries.removeAll(due);
    due.forEach(this::send);
  }

  // ---- Answers ----

  private void settle(Answer answer) {
    inFlight--;
    Slot slot = answer.slot();
    if (answer.failure() == null) {
      done(slot);
      return;
    }
    HengeException error = known(answer.failure());
    switch (error.code()) {
      case INVALID_ARGUMENT, ALREADY_EXISTS, CONDITION_FAILED -> reject(slot, error);
      case NOT_FOUND -> {
        if (options.mode() == ImportOptions.Mode.REPLACE) {
          reject(slot, error);
        } else {
          fail(error);
        }
      }
      case BUSY, DEADLINE, UNAVAILABLE, OUTCOME_UNKNOWN, NOT_LEADER, WRONG_SHARD, STALE_CATALOGUE ->
          later(slot, error);
      default -> fail(error);
    }
  }

  private static HengeException known(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof HengeException henge
        ? henge
        : new HengeException(ErrorCode.INTERNAL, "in the client: " + cause, cause);
  }

  /** The cluster cannot take it now: that is no fault of the record. */
  private void later(Slot slot, HengeException error) {
    long now = System.nanoTime();
    if (now - slot.firstNanos > options.retryFor().toNanos()) {
      fail(error);
      return;
    }
    slot.maybeStored |= error.code().effect() == ErrorCode.Effect.UNKNOWN;
    long backoff = BACKOFF_MILLIS << Math.min(slot.tries, 10);
    long millis = Math.max(error.retryAfterMillis(), Math.min(backoff, BACKOFF_MILLIS_MAX));
    slot.retryNanos = now + TimeUnit.MILLISECONDS.toNanos(millis);
    retries.add(slot);
  }

  private void reject(Slot slot, HengeException error) {
    HengeException told = error;
    if (slot.maybeStored && error.code() == ErrorCode.ALREADY_EXISTS) {
      told =
          new HengeException(
              error.code(),
              error.getMessage() + " (an earlier try of this record may have stored it)");
    }
    slot.reject = Reject.of(slot.record(), told);
    rejectsInWindow++;
    done(slot);
  }

  private void done(Slot slot) {
    slot.done = true;
    bytesInFlight -= slot.record().bytes().length;
    slot.record = null;
    if (slot.keys != null) {
      keysOnTheirWay.remove(slot.keys);
    }
  }

  private void fail(HengeException error) {
    if (failure == null) {
      failure = error;
    }
  }

  // ---- Where it is ----

  private void advance() throws IOException {
    List<Reject> rejects = List.of();
    for (Slot first = window.peek(); first != null && first.done; first = window.peek()) {
      if (first.reject == null) {
        documents++;
      } else {
        if (rejected == options.rejectMax()) {
          tooManyRejects(first.reject);
          break;
        }
        rejected++;
        rejectsInWindow--;
        rejects = rejects.isEmpty() ? new ArrayList<>() : rejects;
        rejects.add(first.reject);
      }
      position = first.end;
      window.remove();
    }
    listener.advanced(position, documents, rejects);
  }

  private void tooManyRejects(Reject next) {
    fail(
        HengeException.invalid(
            "more than "
                + options.rejectMax()
                + " rejects (--reject-max); the next one is line "
                + next.line()
                + ": "
                + next.reason()));
  }
}
