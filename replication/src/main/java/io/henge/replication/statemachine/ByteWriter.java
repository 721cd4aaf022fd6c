package io.henge.replication.statemachine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds an encoded form: fixed numbers big endian, variable ones as unsigned LEB128. */
final class ByteWriter {
  /** Largest array that every JVM can make. */
  private static final int CAPACITY_MAX = Integer.MAX_VALUE - 8;

  private byte[] bytes;
  private int size;

  ByteWriter(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  void u8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  void fixed64(long value) {
    reserve(Long.BYTES);
    BigEndian.LONG.set(bytes, size, value);
    size += Long.BYTES;
  }

  void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** For numbers that are near zero on either side. */
  void signed(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  /** Length and content. */
  void block(byte[] content) {
    varint(content.length);
    raw(content);
  }

  void text(String text) {
    block(text.getBytes(StandardCharsets.UTF_8));
  }

  void raw(byte[] content) {
    reserve(content.length);
    System.arraycopy(content, 0, bytes, size, content.length);
    size += content.length;
  }

  /** What was written, to keep; the writer may go on. */
  byte[] copy() {
    return Arrays.copyOf(bytes, size);
  }

  /** What was written; the writer must not be used again. */
  byte[] toBytes() {
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      long wanted = Math.max((long) size + more, 2L * bytes.length);
      bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, CAPACITY_MAX));
    }
  }
}
