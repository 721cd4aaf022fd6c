package io.henge.cli.transfer;

import io.henge.cli.transfer.RawRecord.Position;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts bytes into records: lines, or with a {@link Quoting} whatever lies between line breaks that
 * are not quoted. Knows the place of each to the byte, so that reading can go on from there. Holds
 * no more than one record of bounded length; what a longer one has beyond that is passed over.
 * Blank lines are no records. Not thread-safe.
 */
final class RecordSplitter {
  /** Of a record that is too long, so much is kept for the message. */
  static final int BEGINNING_BYTES = 1 << 10;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  /**
   * How line breaks are quoted: all of them ASCII.
   *
   * @param escape takes the next character as it is, within quotes; 0 = there is none
   */
  record Quoting(char delimiter, char quote, char escape) {}

  private final InputStream in;
  private final @Nullable Quoting quoting;
  private final int bytesMax;

  private final byte[] buffer = new byte[64 << 10];
  private int at;
  private int end;

  private byte[] record = new byte[1 << 10];
  private int length;
  private boolean tooLong;
  private long offset;
  private long line;

  // Of the record at hand.
  private boolean quoted;
  private boolean fieldStart;
  private boolean escaped;

  /**
   * A splitter of a stream that stands at its beginning.
   *
   * @param bytesMax longest record
   */
  RecordSplitter(InputStream in, @Nullable Quoting quoting, int bytesMax) throws IOException {
    this.in = in;
    this.quoting = quoting;
    this.bytesMax = bytesMax;
    this.line = Position.START.line();
    skipByteOrderMark();
  }

  private void skipByteOrderMark() throws IOException {
    end = in.readNBytes(buffer, 0, BYTE_ORDER_MARK.length);
    if (end == BYTE_ORDER_MARK.length && Arrays.equals(buffer, 0, end, BYTE_ORDER_MARK, 0, end)) {
      at = end;
      offset = end;
    }
  }

  /**
   * Goes on from a place that is not before this one.
   *
   * @throws EOFException if there is none
   */
  void skipTo(Position place) throws IOException {
    long bytes = place.offset() - offset;
    int buffered = (int) Math.min(bytes, end - at);
    at += buffered;
    in.skipNBytes(bytes - buffered);
    offset = place.offset();
    line = place.line();
  }

  /** Where the next record begins. */
  Position position() {
    return new Position(offset, line);
  }

  /** The next record; null at the end. */
  @Nullable RawRecord next() throws IOException {
    while (true) {
      long firstLine = line;
      boolean more = readRecord();
      if (length > 0 && record[length - 1] == '\r') {
        length--;
      }
      if (length > 0 || tooLong) {
        int kept = tooLong ? Math.min(length, BEGINNING_BYTES) : length;
        return new RawRecord(firstLine, Arrays.copyOf(record, kept), tooLong, position());
      }
      if (!more) {
        return null;
      }
    }
  }

  /** Reads to behind the next line break that ends a record; false if there is none. */
  private boolean readRecord() throws IOException {
    length = 0;
    tooLong = false;
    quoted = false;
    fieldStart = true;
    escaped = false;
    while (true) {
      if (at == end) {
        at = 0;
        end = Math.max(0, in.read(buffer));
        if (end == 0) {
          return false;
        }
      }
      int from = at;
      boolean complete = scan();
      keep(from, complete ? at - 1 : at);
      offset += at - from;
      if (complete) {
        return true;
      }
    }
  }

  /** Moves on to behind the line break that ends the record, or to the end of the buffer. */
  private boolean scan() {
    while (at < end) {
      byte b = buffer[at++];
      if (b == '\n') {
        line++;
        if (!quoted) {
          return true;
        }
      }
      if (quoting != null) {
        quote(b, quoting);
      }
    }
    return false;
  }

  /** A quote opens at the beginning of a field only; a doubled one closes and opens again. */
  private void quote(byte b, Quoting by) {
    if (escaped) {
      escaped = false;
    } else if (quoted) {
      if (b == by.escape() && by.escape() != 0) {
        escaped = true;
      } else if (b == by.quote()) {
        quoted = false;
        fieldStart = true;
      }
    } else {
      quoted = fieldStart && b == by.quote();
      fieldStart = b == by.delimiter();
    }
  }

  private void keep(int from, int to) {
    int more = to - from;
    if (tooLong || more > bytesMax - length) {
      if (length < BEGINNING_BYTES) {
        append(from, Math.min(more, BEGINNING_BYTES - length));
      }
      tooLong = true;
      return;
    }
    append(from, more);
  }

  private void append(int from, int count) {
    if (length + count > record.length) {
      record = Arrays.copyOf(record, Math.max(length + count, 2 * record.length));
    }
    System.arraycopy(buffer, from, record, length, count);
    length += count;
  }
}
