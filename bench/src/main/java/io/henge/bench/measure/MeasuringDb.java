package io.henge.bench.measure;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.Vector;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;
import site.ycsb.ByteIterator;
import site.ycsb.DB;
import site.ycsb.Status;

/** Passes calls on to a binding and notes how long each took. One for each thread. */
public final class MeasuringDb extends DB {
  private final DB target;
  private final Measurement measurement;

  public MeasuringDb(DB target, Measurement measurement) {
    this.target = target;
    this.measurement = measurement;
  }

  /** Latencies of one run, over all threads, by kind of operation. Thread-safe. */
  public static final class Measurement {
    /** Kinds that a binding sees; the runner adds read-modify-writes from both halves. */
    public enum Kind {
      READ,
      UPDATE,
      INSERT,
      SCAN
    }

    private final Map<Kind, Recorder> recorders = new EnumMap<>(Kind.class);
    private final java.util.concurrent.atomic.LongAdder errors =
        new java.util.concurrent.atomic.LongAdder();
    private volatile @Nullable String firstError;

    public Measurement() {
      for (Kind kind : Kind.values()) {
        // Three digits from a microsecond to a minute.
        recorders.put(kind, new Recorder(60_000_000L, 3));
      }
    }

    public Recorder recorder(Kind kind) {
      return Objects.requireNonNull(recorders.get(kind));
    }

    public long errors() {
      return errors.sum();
    }

    /** What the first failed operation said, for people. */
    public @Nullable String firstError() {
      return firstError;
    }

    /** Forgets everything so far: the end of the warm-up. */
    public void reset() {
      for (Recorder recorder : recorders.values()) {
        recorder.reset();
      }
      errors.reset();
    }

    Status note(Kind kind, long startNanos, Status status) {
      long micros = (System.nanoTime() - startNanos) / 1_000;
      recorder(kind).recordValue(Math.min(micros, 60_000_000L));
      if (!status.isOk()) {
        errors.increment();
        if (firstError == null) {
          firstError = kind + ": " + status.getName() + ": " + status.getDescription();
        }
      }
      return status;
    }
  }

  @Override
  public Status read(
      String table, String key, @Nullable Set<String> fields, Map<String, ByteIterator> result) {
    long start = System.nanoTime();
    return measurement.note(Measurement.Kind.READ, start, target.read(table, key, fields, result));
  }

  @Override
  @SuppressWarnings("NonApiType") // the types are those of YCSB
  public Status scan(
      String table,
      String startKey,
      int count,
      @Nullable Set<String> fields,
      Vector<HashMap<String, ByteIterator>> result) {
    long start = System.nanoTime();
    return measurement.note(
        Measurement.Kind.SCAN, start, target.scan(table, startKey, count, fields, result));
  }

  @Override
  public Status update(String table, String key, Map<String, ByteIterator> values) {
    long start = System.nanoTime();
    return measurement.note(Measurement.Kind.UPDATE, start, target.update(table, key, values));
  }

  @Override
  public Status insert(String table, String key, Map<String, ByteIterator> values) {
    long start = System.nanoTime();
    return measurement.note(Measurement.Kind.INSERT, start, target.insert(table, key, values));
  }

  @Override
  public Status delete(String table, String key) {
    return target.delete(table, key);
  }
}
