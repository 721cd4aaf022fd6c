package io.henge.api.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bytes that are on disk. */
class KeyGoldenTest {
  private static final HexFormat HEX = HexFormat.of();

  @Test
  void shouldNeverChangeEncodingsAndTokens() throws IOException {
    Map<String, Key> keys = keys();
    List<String> lines = golden();
    assertThat(lines).hasSameSizeAs(keys.keySet());
    for (String line : lines) {
      String[] fields = line.split(" \\| ?", -1);
      assertThat(keys).containsKey(fields[0]);
      Key key = java.util.Objects.requireNonNull(keys.get(fields[0]));
      assertThat(HEX.formatHex(key.encoded())).as(fields[0]).isEqualTo(fields[1]);
      assertThat(HEX.toHexDigits(key.token())).as(fields[0]).isEqualTo(fields[2]);
      assertThat(Key.fromEncoded(HEX.parseHex(fields[1]))).as(fields[0]).isEqualTo(key);
    }
  }

  private static List<String> golden() throws IOException {
    try (InputStream in = KeyGoldenTest.class.getResourceAsStream("/golden/keys.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }

  private static Map<String, Key> keys() {
    Map<String, Key> keys = new LinkedHashMap<>();
    keys.put("empty", Key.EMPTY);
    keys.put("text empty", Key.of(""));
    keys.put("text a", Key.of("a"));
    keys.put("text alice", Key.of("alice"));
    keys.put("text NUL in the middle", Key.of("a\0b"));
    keys.put("text NUL at the end", Key.of("a\0"));
    keys.put("text umlaut", Key.of("Z\u00fcrich"));
    keys.put("text emoji", Key.of("\ud83d\ude00"));
    keys.put("bytes empty", Key.of((Object) new byte[0]));
    keys.put("bytes 00ff", Key.of((Object) new byte[] {0, -1}));
    keys.put("bytes ff", Key.of((Object) new byte[] {-1}));
    for (long whole : IntegerBoundaries.GOLDEN) {
      keys.put("whole " + whole, Key.of(whole));
    }
    keys.put("real 0.0", Key.of(0.0));
    keys.put("real 1.0", Key.of(1.0));
    keys.put("real -1.0", Key.of(-1.0f));
    keys.put("real 3.14", Key.of(3.14));
    keys.put("real -2.5e-300", Key.of(-2.5e-300));
    keys.put("real min", Key.of(Double.MIN_VALUE));
    keys.put("real max", Key.of(Double.MAX_VALUE));
    keys.put("real infinity", Key.of(Double.POSITIVE_INFINITY));
    keys.put("real -infinity", Key.of(Double.NEGATIVE_INFINITY));
    keys.put("false", Key.of(false));
    keys.put("true", Key.of(true));
    keys.put("user and order", Key.of("alice", 42));
    keys.put("all types", Key.of(new byte[] {1}, "x", (short) -7, 2.5, true));
    keys.put("long text", Key.of("henge".repeat(60)));
    return keys;
  }

  @Test
  void shouldAgreeWithThePublishedValueOfTheHash() {
    assertThat(HEX.toHexDigits(Token.of(new byte[0]))).isEqualTo("2d06800538d394c2");
  }

  @Test
  void shouldLayOutPhysicalKeys() {
    Key user = Key.of("alice");
    String token = HEX.toHexDigits(user.token());
    byte[] item = PhysicalKey.of(user, 0x01020304, Key.of(7));
    assertThat(HEX.formatHex(item))
        .isEqualTo(token + "03616c69636500" + "00" + "01020304" + "1907");
    assertThat(HEX.formatHex(PhysicalKey.of(user, -1, Key.EMPTY)))
        .isEqualTo(token + "03616c69636500" + "00" + "ffffffff");
    assertThat(HEX.formatHex(PhysicalKey.itemCollection(user)))
        .isEqualTo(token + "03616c69636500" + "00");
    assertThat(HEX.formatHex(PhysicalKey.prefix(user, 5)))
        .isEqualTo(token + "03616c69636500" + "00" + "00000005");
    assertThat(PhysicalKey.endOfShardingKey(item)).isEqualTo(8 + 7);
    assertThat(PhysicalKey.shardingKey(item)).isEqualTo(user);
    assertThat(PhysicalKey.collectionId(item)).isEqualTo(0x01020304);
    assertThat(PhysicalKey.sortKey(item)).isEqualTo(Key.of(7));
    assertThat(PhysicalKey.token(item)).isEqualTo(user.token());
  }
}
