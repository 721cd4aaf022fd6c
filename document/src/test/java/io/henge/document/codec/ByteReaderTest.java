package io.henge.document.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ByteReaderTest {
  private static ByteReader of(int... bytes) {
    byte[] array = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      array[i] = (byte) bytes[i];
    }
    return new ByteReader("row", array);
  }

  private static void assertDamaged(
      ByteReader reader, Function<ByteReader, ?> read, String... words) {
    assertThatThrownBy(() -> read.apply(reader))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION))
        .hasMessageStartingWith("row: damaged")
        .hasMessageContainingAll(words);
  }

  private static byte[] varint(long value) {
    ByteWriter writer = new ByteWriter(16);
    writer.varint(value);
    return writer.toBytes();
  }

  @Test
  void shouldReadNumbersOfEightBytes() {
    byte[] bytes =
        ByteBuffer.allocate(17).putLong(0x0102030405060708L).putLong(-2).put((byte) 9).array();
    ByteReader reader = new ByteReader("row", bytes);
    assertThat(reader.fixed64()).isEqualTo(0x0102030405060708L);
    assertThat(reader.fixed64()).isEqualTo(-2);
    assertThat(reader.position()).isEqualTo(16);
    assertDamaged(reader, ByteReader::fixed64, "8 bytes wanted, 1 left");
    assertThat(reader.u8()).isEqualTo(9);
    reader.end();
  }

  @Test
  void shouldBoundNumbers() {
    for (long value : new long[] {0, 1, 127, 128, Integer.MAX_VALUE}) {
      assertThat(new ByteReader("row", varint(value)).u31()).isEqualTo((int) value);
    }
    for (long value : new long[] {Integer.MAX_VALUE + 1L, Long.MAX_VALUE, -1}) {
      assertDamaged(new ByteReader("row", varint(value)), ByteReader::u31, "over 31 bits");
      assertThat(new ByteReader("row", varint(value)).varint()).isEqualTo(value);
    }
    assertThat(new ByteReader("row", varint(Long.MAX_VALUE)).notNegative())
        .isEqualTo(Long.MAX_VALUE);
    for (long value : new long[] {Long.MIN_VALUE, -1}) {
      assertDamaged(new ByteReader("row", varint(value)), ByteReader::notNegative, "over 63 bits");
    }
  }

  @Test
  void shouldTakeNumbersInTheirShortestFormOnly() {
    assertDamaged(of(0x80, 0), ByteReader::varint, "shortest form");
    int[] eleven = new int[11];
    Arrays.fill(eleven, 0x80);
    assertDamaged(of(eleven), ByteReader::varint, "over 64 bits");
    int[] large = new int[10];
    Arrays.fill(large, 0xFF);
    large[9] = 2;
    assertDamaged(of(large), ByteReader::varint, "over 64 bits");
    assertDamaged(of(0x80), ByteReader::varint, "1 bytes wanted, 0 left");
  }

  @Test
  void shouldNotBelieveWhatCannotBeThere() {
    assertDamaged(of(3, 1, 2), reader -> reader.count(1), "3 elements or bytes", "2 bytes left");
    assertDamaged(of(2, 1, 2, 3), reader -> reader.count(2), "2 elements");
    assertThat(of(2, 1, 2, 3, 4).count(2)).isEqualTo(2);
    assertDamaged(of(1, 2), reader -> reader.raw(3), "3 bytes wanted, 2 left");
    assertDamaged(of(1, 2), reader -> reader.raw(-1), "-1 bytes wanted");
    assertDamaged(of(2), ByteReader::flag, "a flag is 2");
    ByteReader rest = of(1, 2);
    rest.skip(1);
    assertDamaged(
        rest,
        reader -> {
          reader.end();
          return null;
        },
        "1 bytes too many",
        "at byte 1 of 2");
  }

  @Test
  void shouldTakeWellFormedTextOnly() {
    assertThat(of(2, 0xC3, 0xA4).text()).isEqualTo("ä");
    // U+FFFD itself is a character like others.
    assertThat(of(3, 0xEF, 0xBF, 0xBD).text()).isEqualTo("\uFFFD");
    assertDamaged(of(1, 0xC3), ByteReader::text, "not UTF-8");
    assertDamaged(of(3, 0xED, 0xA0, 0x80), ByteReader::text, "not UTF-8");
  }
}
