package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.RequestId;
import io.henge.document.codec.ByteReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The value of a REQUESTS row: the requests of one log entry, and what became of them.
 *
 * <pre>
 *   format (1 byte: 1) | base time (8) | base version (8) | records, to the end
 *   record: flags (1) | client (16; unless the same as before) | sequence (varint)
 *     | not-after minus base time (signed varint) | token of the first key (8)
 *     | failed: code (varint) | index of the failed mutation (signed varint)
 *       else: number of results (varint) | results
 *   result: flags (1) | version minus base version (signed varint; unless 0)
 *     | counter (signed varint; unless 0) | key and row of the previous item (blocks; if any)
 *     | the same of the current item
 * </pre>
 *
 * Every record has the token of its request, so that a split can tell whose it is; a record that
 * both sides keep does no harm. Messages are not kept: their wording may change with the version,
 * and replicas of different versions must write equal rows.
 */
final class RequestBlock {
  private static final int FORMAT = 1;

  private static final int SAME_CLIENT = 1;
  private static final int FAILED = 2;

  private static final int EXISTED = 1;
  private static final int HAS_VERSION = 2;
  private static final int HAS_COUNTER = 4;
  private static final int HAS_PREVIOUS = 8;
  private static final int HAS_CURRENT = 16;
  private static final int RESULT_FLAGS =
      EXISTED | HAS_VERSION | HAS_COUNTER | HAS_PREVIOUS | HAS_CURRENT;

  private RequestBlock() {}

  /** Builds a row while an entry is applied. Reused. */
  static final class Builder {
    private final ByteWriter out = new ByteWriter(1 << 10);
    private long baseTime;
    private long baseVersion;
    private @Nullable RequestId before;
    private int count;

    void begin(long newBaseTime, long newBaseVersion) {
      out.clear();
      baseTime = newBaseTime;
      baseVersion = newBaseVersion;
      before = null;
      count = 0;
      out.u8(FORMAT);
      out.fixed64(baseTime);
      out.fixed64(baseVersion);
    }

    boolean isEmpty() {
      return count == 0;
    }

    void add(RequestId id, long notAfterMillis, long token, WriteOutcome outcome) {
      RequestId last = before;
      boolean same =
          last != null
              && last.clientHigh() == id.clientHigh()
              && last.clientLow() == id.clientLow();
      ErrorCode error = outcome.error();
      out.u8((same ? SAME_CLIENT : 0) | (error != null ? FAILED : 0));
      if (!same) {
        out.fixed64(id.clientHigh());
        out.fixed64(id.clientLow());
      }
      before = id;
      count++;
      out.varint(id.sequence());
      out.signed(notAfterMillis - baseTime);
      out.fixed64(token);
      if (error != null) {
        out.varint(error.number());
        out.signed(outcome.failedMutation());
        return;
      }
      List<WriteOutcome.Result> results = outcome.results();
      out.varint(results.size());
      for (int i = 0; i < results.size(); i++) {
        add(results.get(i));
      }
    }

    private void add(WriteOutcome.Result result) {
      StoredItem previous = result.previous();
      StoredItem current = result.current();
      out.u8(
          (result.existed() ? EXISTED : 0)
              | (result.version() != 0 ? HAS_VERSION : 0)
              | (result.counter() != 0 ? HAS_COUNTER : 0)
              | (previous != null ? HAS_PREVIOUS : 0)
              | (current != null ? HAS_CURRENT : 0));
      if (result.version() != 0) {
        out.signed(result.version() - baseVersion);
      }
      if (result.counter() != 0) {
        out.signed(result.counter());
      }
      if (previous != null) {
        add(previous);
      }
      if (current != null) {
        add(current);
      }
    }

    private void add(StoredItem item) {
      out.block(item.key());
      out.block(ItemCodec.encode(item.value(), item.version(), item.expiresAtMillis()));
    }

    byte[] row() {
      return out.copy();
    }
  }

  /**
   * A remembered request.
   *
   * @param outcome without message, and without the shard's version and time
   */
  record Remembered(RequestId id, long notAfterMillis, long token, WriteOutcome outcome) {}

  /** Takes the requests of a row. */
  @FunctionalInterface
  interface Visitor {
    void request(RequestId id, long notAfterMillis, long token);
  }

  /** Walks over a row without decoding results. */
  static void visit(byte[] row, Visitor visitor) {
    Reader reader = new Reader(row);
    while (reader.next()) {
      reader.skipOutcome();
      visitor.request(reader.id(), reader.notAfterMillis, reader.token);
    }
  }

  static @Nullable Remembered find(byte[] row, RequestId wanted) {
    Reader reader = new Reader(row);
    while (reader.next()) {
      if (reader.is(wanted)) {
        return new Remembered(wanted, reader.notAfterMillis, reader.token, reader.outcome());
      }
      reader.skipOutcome();
    }
    return null;
  }

  private static final class Reader {
    private final ByteReader in;
    private final long baseTime;
    private final long baseVersion;
    private boolean first = true;
    private long clientHigh;
    private long clientLow;
    private long sequence;
    private boolean failed;
    long notAfterMillis;
    long token;

    Reader(byte[] row) {
      in = new ByteReader("remembered requests", row);
      int format = in.u8();
      if (format != FORMAT) {
        throw in.damaged("format " + format + ", known is " + FORMAT);
      }
      baseTime = in.fixed64();
      baseVersion = in.fixed64();
    }

    boolean next() {
      if (in.remaining() == 0) {
        return false;
      }
      int flags = in.u8();
      boolean same = (flags & SAME_CLIENT) != 0;
      if (flags > (SAME_CLIENT | FAILED) || (same && first)) {
        throw in.damaged("record flags " + flags);
      }
      first = false;
      failed = (flags & FAILED) != 0;
      if (!same) {
        clientHigh = in.fixed64();
        clientLow = in.fixed64();
      }
      sequence = in.varint();
      notAfterMillis = baseTime + in.signed();
      token = in.fixed64();
      return true;
    }

    boolean is(RequestId wanted) {
      return sequence == wanted.sequence()
          && clientLow == wanted.clientLow()
          && clientHigh == wanted.clientHigh();
    }

    RequestId id() {
      return new RequestId(clientHigh, clientLow, sequence);
    }

    void skipOutcome() {
      if (failed) {
        in.varint();
        in.signed();
        return;
      }
      int count = in.count(1);
      for (int i = 0; i < count; i++) {
        int flags = resultFlags();
        if ((flags & HAS_VERSION) != 0) {
          in.varint();
        }
        if ((flags & HAS_COUNTER) != 0) {
          in.varint();
        }
        for (int has = HAS_PREVIOUS; has <= HAS_CURRENT; has <<= 1) {
          if ((flags & has) != 0) {
            in.skip(in.count(1));
            in.skip(in.count(1));
          }
        }
      }
    }

    WriteOutcome outcome() {
      if (failed) {
        ErrorCode code = ErrorCode.of((int) in.varint());
        int mutation = (int) in.signed();
        return new WriteOutcome(code, null, mutation, List.of(), 0, 0);
      }
      int count = in.count(1);
      List<WriteOutcome.Result> results = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int flags = resultFlags();
        long version = (flags & HAS_VERSION) != 0 ? baseVersion + in.signed() : 0;
        long counter = (flags & HAS_COUNTER) != 0 ? in.signed() : 0;
        StoredItem previous = (flags & HAS_PREVIOUS) != 0 ? item() : null;
        StoredItem current = (flags & HAS_CURRENT) != 0 ? item() : null;
        results.add(
            new WriteOutcome.Result(version, counter, (flags & EXISTED) != 0, previous, current));
      }
      return new WriteOutcome(null, null, -1, results, 0, 0);
    }

    private StoredItem item() {
      return ItemCodec.decode(in.block(), in.block());
    }

    private int resultFlags() {
      int flags = in.u8();
      if (flags > RESULT_FLAGS) {
        throw in.damaged("result flags " + flags);
      }
      return flags;
    }
  }
}
