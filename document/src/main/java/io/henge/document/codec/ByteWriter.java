package io.henge.document.codec;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.value.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Builds binary forms, from the end to the beginning: when the length of a part is to be written,
 * the part is there and its length known. So what is written last is read first. Belongs to one
 * thread.
 */
public final class ByteWriter {
  private static final int CAPACITY_MAX = Integer.MAX_VALUE - 8;

  private byte[] bytes;
  private int start;

  public ByteWriter(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
    start = bytes.length;
  }

  /** Bytes written so far. */
  public int size() {
    return bytes.length - start;
  }

  public void u8(int value) {
    reserve(1);
    bytes[--start] = (byte) value;
  }

  public void varint(long value) {
    int length = 1;
    for (long rest = value >>> 7; rest != 0; rest >>>= 7) {
      length++;
    }
    reserve(length);
    start -= length;
    long rest = value;
    for (int i = start; i < start + length - 1; i++) {
      bytes[i] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[start + length - 1] = (byte) rest;
  }

  /** For numbers near zero on either side. */
  public void signed(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  public void flag(boolean value) {
    u8(value ? 1 : 0);
  }

  /** Length and content. */
  public void block(byte[] content) {
    raw(content);
    varint(content.length);
  }

  /** Length and UTF-8. */
  public void text(String text) {
    block(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A value as {@link ValueCodec} has it.
   *
   * @throws HengeException INVALID_ARGUMENT if it is deeper than what can be read back
   */
  public void value(JsonValue value) {
    if (value.depth() > DocumentLimits.DEPTH_CEILING) {
      throw HengeException.invalid(
          "value: arrays and objects within each other are "
              + value.depth()
              + " deep, the limit is "
              + DocumentLimits.DEPTH_CEILING);
    }
    ValueCodec.write(this, value);
  }

  void raw(byte[] content) {
    reserve(content.length);
    start -= content.length;
    System.arraycopy(content, 0, bytes, start, content.length);
  }

  /** What was written. */
  public byte[] toBytes() {
    return start == 0 ? bytes : Arrays.copyOfRange(bytes, start, bytes.length);
  }

  private void reserve(int more) {
    if (start < more) {
      long wanted = Math.max((long) size() + more, 2L * bytes.length);
      byte[] larger = new byte[(int) Math.min(wanted, CAPACITY_MAX)];
      System.arraycopy(bytes, start, larger, larger.length - size(), size());
      start = larger.length - size();
      bytes = larger;
    }
  }
}
