package io.henge.testkit.workload;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.Batch;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.DocumentResult;
import io.henge.client.FamilyItem;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Returning;
import io.henge.client.Stored;
import io.henge.client.WriteOptions;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchOperation.Keep;
import io.henge.document.patch.Patches;
import io.henge.document.value.JsonObject;
import io.henge.testkit.history.PatchedDocument;
import io.henge.testkit.history.PatchedDocument.Mark;
import io.henge.testkit.history.PatchedDocument.State;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One client of a {@link PatchWorkload}: does one thing at a time. When it is not told an outcome,
 * it goes on as another process.
 */
final class Patcher implements Runnable {
  /** Id of the documents that are recorded. */
  static final String RECORDED = "one";

  private static final int KEYS = 6;
  private static final int MARK_TIMES = 40;
  private static final int TAGS = 12;

  /** Enough on most days, and too little whenever something happens. */
  private static final Duration HURRY = Duration.ofMillis(60);

  private static final long HURRY_ENDS_NANOS = Duration.ofSeconds(5).toNanos();

  /** An operation on the cluster. */
  private interface Call<T> {
    T run();
  }

  /** What to note of an operation's end; exactly one of these is called. */
  private interface Ends<T> {
    void done(T result);

    /** The condition did not hold. */
    void refused();

    /** It certainly had no effect. */
    void none();

    /** Nobody knows whether it had one. */
    void unknown(String why);
  }

  private final PatchWorkload load;
  private final HengeClient client;
  private final DocumentCollection<JsonObject> documents;
  private final Random random;
  private int process;
  private long sequence;

  Patcher(PatchWorkload load, HengeClient client, Random random) {
    this.load = load;
    this.client = client;
    this.documents = client.documents(PatchWorkload.COLLECTION);
    this.random = random;
    this.process = load.processes.incrementAndGet();
  }

  @Override
  public void run() {
    try {
      while (!load.stop) {
        long round = load.nextRound();
        if (random.nextBoolean()) {
          record(round + "-" + random.nextInt(KEYS));
        } else if (random.nextInt(8) == 0) {
          view(PatchWorkload.place(round));
        } else {
          book(round);
        }
        LockSupport.parkNanos(load.pauseNanos);
      }
    } catch (RuntimeException e) {
      // An answer that cannot be: the rest of the run would hide it.
      load.wrong(process + " ended with " + e);
    }
  }

  private DocumentOptions options() {
    return random.nextInt(8) == 0
        ? DocumentOptions.DEFAULT.timeout(HURRY)
        : DocumentOptions.DEFAULT;
  }

  // ---- What is recorded ----

  private void record(String key) {
    JsonObject initial = initial(key, RECORDED);
    DocumentOptions options = options().returning(Returning.CURRENT);
    BigDecimal amount = PatchedDocument.cents(1 + random.nextInt(500));
    switch (random.nextInt(7)) {
      case 0 -> {
        Mark mark = mark();
        Patch push = push(Patches.inc("changes", 1), mark, PatchedDocument.MARKS_MAX);
        patch(
            key,
            new PatchedDocument.Push(mark),
            () -> documents.patchOrInsert(initial, push, options));
      }
      case 1 -> {
        String tag = "t" + random.nextInt(TAGS);
        Patch add = Patches.addToSet("tags", tag);
        patch(
            key,
            new PatchedDocument.Tag(tag),
            () -> documents.patchOrInsert(initial, add, options));
      }
      case 2 -> {
        DocumentOptions enough = options.onlyIf("total >= " + amount);
        patch(key, new PatchedDocument.Take(amount), conditional(key, amount.negate(), enough));
      }
      case 3 -> {
        Stored<JsonObject> read = readBefore(key);
        if (read != null) {
          DocumentOptions still = options.onlyIfVersion(read.version());
          State seen = load.see(key, read);
          patch(key, new PatchedDocument.AddIfStill(seen, amount), conditional(key, amount, still));
        }
      }
      case 4 -> read(key);
      default ->
          patch(
              key,
              new PatchedDocument.Add(amount),
              () -> documents.patchOrInsert(initial, add(amount), options));
    }
  }

  private Call<DocumentResult<JsonObject>> conditional(
      String key, BigDecimal amount, DocumentOptions options) {
    return () -> documents.patch(Key.of(key), Key.of(RECORDED), add(amount), options);
  }

  /** What to expect; this read is no part of the history. */
  private @Nullable Stored<JsonObject> readBefore(String key) {
    try {
      return documents.get(Key.of(key), Key.of(RECORDED)).orElse(null);
    } catch (HengeException e) {
      load.errors.add("read: " + e.code() + ": " + e.getMessage());
      return null;
    }
  }

  private void read(String key) {
    run(
        () -> documents.get(Key.of(key), Key.of(RECORDED)),
        new Ends<>() {
          private final long handle = load.history.invoke(process, key, new PatchedDocument.Read());

          @Override
          public void done(Optional<Stored<JsonObject>> result) {
            load.history.ok(
                handle, result.map(stored -> load.see(key, stored)).orElse(State.MISSING), "");
          }

          @Override
          public void refused() {
            throw new IllegalStateException("a read was refused by a condition");
          }

          @Override
          public void none() {
            load.history.fail(handle);
          }

          @Override
          public void unknown(String why) {
            load.addUnknown(why);
            load.history.unknown(handle, why);
          }
        });
  }

  private void patch(String key, Object input, Call<DocumentResult<JsonObject>> call) {
    run(
        call,
        new Ends<>() {
          private final long handle = load.history.invoke(process, key, input);

          @Override
          public void done(DocumentResult<JsonObject> result) {
            load.history.ok(handle, load.see(key, result.returned().orElseThrow()), "");
            load.writes.increment();
          }

          @Override
          public void refused() {
            // An answer like any other; the model knows whether it can be the right one.
            load.history.ok(handle, null, "");
          }

          @Override
          public void none() {
            load.history.fail(handle);
          }

          @Override
          public void unknown(String why) {
            load.addUnknown(why);
            load.history.unknown(handle, why);
          }
        });
  }

  // ---- What is kept in books ----

  private void book(long round) {
    Tally tally = load.tally(round);
    String place = PatchWorkload.place(round);
    String name = "p" + process;
    long next = ++sequence;
    BigDecimal amount = PatchedDocument.cents(1 + random.nextInt(100_000));
    Patch entry =
        Patches.inc("total", amount)
            .inc("by." + name, amount)
            .set("last." + name, next)
            .addToSet("names", name);
    if (random.nextInt(4) == 0) {
      Patch pair = entry.inc("pairs", 1);
      Batch batch = Batch.on(Key.of(place));
      documents.patchIn(batch, Key.of(Tally.LEFT), pair);
      documents.patchIn(batch, Key.of(Tally.RIGHT), pair);
      WriteOptions options = WriteOptions.DEFAULT.timeout(options().timeout());
      List<String> both = List.of(Tally.LEFT, Tally.RIGHT);
      tally.ask(name, both, new Tally.Entry(next, amount, null));
      run(() -> client.write(batch, options), bookedIn(tally, name, both));
    } else {
      String document = random.nextBoolean() ? Tally.LEFT : Tally.RIGHT;
      Mark mark = mark();
      Patch patch = push(entry, mark, Tally.MARKS_MAX);
      DocumentOptions options = options();
      tally.ask(name, List.of(document), new Tally.Entry(next, amount, mark));
      run(
          () -> documents.patchOrInsert(initial(place, document), patch, options),
          bookedIn(tally, name, List.of(document)));
    }
  }

  private <T> Ends<T> bookedIn(Tally tally, String name, List<String> into) {
    return new Ends<>() {
      @Override
      public void done(T result) {
        tally.done(name, into);
        load.writes.increment();
      }

      @Override
      public void refused() {
        tally.notDone(name, into);
      }

      @Override
      public void none() {
        tally.notDone(name, into);
      }

      @Override
      public void unknown(String why) {
        // It stays what was asked last: this process asks nothing more.
        load.addUnknown(why);
      }
    };
  }

  /** A page of a family is one view: no patch and no batch may be half in it. */
  private void view(String place) {
    try {
      JsonObject left = null;
      JsonObject right = null;
      Iterator<FamilyItem> family = client.family(Key.of(place), ReadOptions.LINEARIZABLE);
      while (family.hasNext()) {
        FamilyItem item = family.next();
        JsonObject document = item.item().document();
        if (item.item().sortKey().equals(Key.of(Tally.LEFT))) {
          left = document;
        } else {
          right = document;
        }
      }
      String difference = Tally.differenceWithin(left, right);
      if (difference != null) {
        load.wrong("a view of " + place + ": " + difference);
      }
    } catch (HengeException e) {
      load.errors.add("family: " + e.code() + ": " + e.getMessage());
    }
  }

  // ---- Both ----

  private <T> void run(Call<T> call, Ends<T> ends) {
    long begun = System.nanoTime();
    T result;
    try {
      result = call.run();
    } catch (HengeException e) {
      failed(e, System.nanoTime() - begun, ends);
      return;
    }
    ends.done(result);
  }

  private void failed(HengeException e, long nanos, Ends<?> ends) {
    if (e.code() == ErrorCode.CONDITION_FAILED || e.code() == ErrorCode.NOT_FOUND) {
      load.refused.increment();
      ends.refused();
      return;
    }
    boolean late = e.code() == ErrorCode.OUTCOME_UNKNOWN || e.code() == ErrorCode.DEADLINE;
    if (!late || nanos > HURRY_ENDS_NANOS) {
      load.errors.add(e.code() + " after " + nanos / 1_000_000 + " ms: " + e.getMessage());
    }
    if (e.code().effect() == ErrorCode.Effect.NONE) {
      load.late.increment();
      ends.none();
    } else {
      ends.unknown(e.code().name());
      process = load.processes.incrementAndGet();
    }
  }

  private Mark mark() {
    return new Mark(random.nextInt(MARK_TIMES), "m" + load.unique.incrementAndGet());
  }

  private static Patch add(BigDecimal amount) {
    return Patches.inc("total", amount).inc("changes", 1);
  }

  private static Patch push(Patch patch, Mark mark, int keep) {
    Map<String, Object> element = Map.of("at", mark.at(), "id", mark.id());
    return patch.push("marks", element, Keep.last(keep), "at");
  }

  private static JsonObject initial(String place, String id) {
    return JsonObject.builder().put("place", place).put("id", id).build();
  }
}
