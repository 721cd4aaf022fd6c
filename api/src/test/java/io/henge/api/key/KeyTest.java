package io.henge.api.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTest {
  private static final HexFormat HEX = HexFormat.of();

  @Test
  void shouldKeepTheOrderOfTuples() {
    Random random = Seed.random("shouldKeepTheOrderOfTuples");
    List<Object[]> tuples = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      tuples.add(randomTuple(random));
    }
    for (int i = 0; i < 50_000; i++) {
      Object[] left = tuples.get(random.nextInt(tuples.size()));
      Object[] right = tuples.get(random.nextInt(tuples.size()));
      int order = Key.of(left).compareTo(Key.of(right));
      assertThat(Integer.signum(order))
          .as("%s against %s", Key.of(left), Key.of(right))
          .isEqualTo(Integer.signum(TupleOrder.compare(left, right)));
    }
  }

  @Test
  void shouldGiveBackWhatWentIn() {
    Random random = Seed.random("shouldGiveBackWhatWentIn");
    for (int i = 0; i < 20_000; i++) {
      Object[] tuple = randomTuple(random);
      Key key = Key.of(tuple);
      assertThat(TupleOrder.compare(key.parts().toArray(), tuple)).as("%s", key).isZero();
      assertThat(Key.fromEncoded(key.encoded())).isEqualTo(key).hasSameHashCodeAs(key);
      assertThat(key.encodedLength()).isEqualTo(key.encoded().length);
    }
  }

  @Test
  void shouldEncodeWholeNumbersInOrderAndMinimally() {
    List<Long> values = IntegerBoundaries.all();
    for (int i = 0; i < values.size(); i++) {
      long value = values.get(i);
      Key key = Key.of(value);
      assertThat(key.parts()).containsExactly(value);
      assertThat(Key.fromEncoded(key.encoded())).isEqualTo(key);
      assertThat(key.encodedLength()).as("length of %s", value).isEqualTo(1 + bytesFor(value));
      if (i > 0) {
        assertThat(Key.of(values.get(i - 1))).as("before %s", value).isLessThan(key);
      }
    }
    assertThat(Key.of(7)).isEqualTo(Key.of(7L)).isEqualTo(Key.of((short) 7));
  }

  /** Bytes that the absolute value needs. */
  private static int bytesFor(long value) {
    return (java.math.BigInteger.valueOf(value).abs().bitLength() + 7) / 8;
  }

  @Test
  void shouldTakeAnythingCanonicalAndRefuseTheRestPolitely() {
    Random random = Seed.random("shouldTakeAnythingCanonicalAndRefuseTheRestPolitely");
    int accepted = 0;
    int refused = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = randomEncoding(random);
      try {
        Key key = Key.fromEncoded(bytes);
        accepted++;
        assertThat(Key.of(key.parts().toArray()).encoded()).isEqualTo(bytes);
        assertThat(key.encoded()).isEqualTo(bytes);
        assertThat(key.toString()).isNotEmpty();
      } catch (HengeException e) {
        refused++;
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      }
    }
    // Both happen often, or the test would say nothing.
    assertThat(accepted).isGreaterThan(5_000);
    assertThat(refused).isGreaterThan(5_000);
  }

  /** Random bytes with plausible codes, or a true encoding with some bytes changed or cut off. */
  private static byte[] randomEncoding(Random random) {
    byte[] bytes;
    if (random.nextBoolean()) {
      bytes = Key.of(randomTuple(random)).encoded();
      for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      }
    } else {
      bytes = new byte[random.nextInt(14)];
      random.nextBytes(bytes);
      byte[] codes = {0x02, 0x03, 0x10, 0x17, 0x18, 0x19, 0x20, 0x30, 0x40, 0x41};
      if (bytes.length > 0) {
        bytes[0] = codes[random.nextInt(codes.length)];
      }
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00", // no code
        "01", // unknown code
        "ff",
        "21ffffffffffffffffff", // nine bytes of a whole number
        "1900", // zero with a byte
        "1a00ff", // 255 in two bytes
        "17ff", // zero as a negative number
        "16ff00", // -255 in two bytes
        "20ffffffffffffffff", // over Long.MAX_VALUE
        "107ffffffffffffffe", // below Long.MIN_VALUE
        "10ffffffffffffffff",
        "10ff00000000000000", // -(2^56 - 1) in eight bytes
        "19", // cut off
        "307fffffffffffffff", // minus zero
        "30fff8000000000000", // not a number
        "3080", // cut off
        "0361", // no end
        "036100ff", // an escaped zero and no end
        "03c08000", // overlong
        "03eda08000", // half a surrogate pair
        "03ff00", // not UTF-8
        "0200ff",
        "036100" + "00", // the end of a tuple inside of it
      })
  void shouldRefuseWhatIsNotCanonical(String hex) {
    assertThatThrownBy(() -> Key.fromEncoded(HEX.parseHex(hex)))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void shouldRefusePartsThatHaveNoPlaceInTheOrder() {
    List<Object[]> bad =
        List.of(
            new Object[] {Double.NaN},
            new Object[] {Float.NaN},
            new Object[] {"\ud800"},
            new Object[] {"a\udc00b"},
            new Object[] {new java.math.BigDecimal("1")},
            new Object[] {"a", null});
    for (Object[] parts : bad) {
      assertThatThrownBy(() -> Key.of(parts))
          .isInstanceOfSatisfying(
              HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
          .hasMessageContaining("key part");
    }
  }

  @Test
  void shouldTreatBothZerosAsOne() {
    assertThat(Key.of(-0.0)).isEqualTo(Key.of(0.0));
  }

  @Test
  void shouldNotShareItsArrays() {
    byte[] encoded = Key.of("a").encoded();
    Key key = Key.fromEncoded(encoded);
    encoded[1] = 'z';
    key.encoded()[1] = 'z';
    assertThat(key).isEqualTo(Key.of("a"));
  }

  @Test
  void shouldShowItselfToPeople() {
    assertThat(Key.of("a")).hasToString("\"a\"");
    assertThat(Key.of("a\"b\\", 1, true)).hasToString("(\"a\\\"b\\\\\", 1, true)");
    assertThat(Key.of((Object) new byte[] {1, -1})).hasToString("0x01ff");
    assertThat(Key.EMPTY).hasToString("()");
    assertThat(Key.EMPTY.isEmpty()).isTrue();
  }

  static Object[] randomTuple(Random random) {
    Object[] parts = new Object[random.nextInt(4)];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = randomPart(random);
    }
    return parts;
  }

  private static Object randomPart(Random random) {
    List<Long> boundaries = IntegerBoundaries.all();
    return switch (random.nextInt(6)) {
      case 0 -> randomText(random);
      case 1 -> randomBytes(random);
      case 2 -> randomReal(random);
      case 3 -> random.nextBoolean();
      case 4 -> boundaries.get(random.nextInt(boundaries.size()));
      default -> random.nextLong() >> random.nextInt(64);
    };
  }

  private static byte[] randomBytes(Random random) {
    byte[] bytes = new byte[random.nextInt(4)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (random.nextInt(3) - 1);
    }
    return bytes;
  }

  private static String randomText(Random random) {
    // U+FFFF sorts after U+10000 in UTF-16 and before it in UTF-8.
    String[] letters = {"\0", "a", "b", "\u00e9", "\uffff", "\ud800\udc00", "\u0001", "\u007f"};
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      text.append(letters[random.nextInt(letters.length)]);
    }
    return text.toString();
  }

  private static double randomReal(Random random) {
    double[] special = {
      0.0,
      -0.0,
      1,
      -1,
      Double.MIN_VALUE,
      -Double.MIN_VALUE,
      Double.MAX_VALUE,
      -Double.MAX_VALUE,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY
    };
    double any = Double.longBitsToDouble(random.nextLong());
    return random.nextBoolean() || Double.isNaN(any)
        ? special[random.nextInt(special.length)]
        : any;
  }
}
