package io.henge.api.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ScanCursorTest {
  private static final Key ANN = Key.of("ann");
  private static final byte[] PREFIX = PhysicalKey.prefix(ANN, 7);
  private static final byte[] ITEM = PhysicalKey.of(ANN, 7, Key.of("b"));

  /** Applications may keep cursors: the form is pinned. */
  @Test
  void shouldHaveAFixedForm() {
    assertThat(hex(ScanCursor.after(ITEM, false).encode(PREFIX))).isEqualTo("020003620000");
    assertThat(hex(ScanCursor.after(ITEM, true).encode(PREFIX))).isEqualTo("0201036200");
    assertThat(hex(new ScanCursor(false, ITEM).encode(PREFIX))).isEqualTo("0200036200");
  }

  @Test
  void shouldComeBackAsItWent() {
    for (boolean reverse : new boolean[] {false, true}) {
      ScanCursor cursor = ScanCursor.after(ITEM, reverse);
      ScanCursor back = ScanCursor.decode(cursor.encode(PREFIX), PREFIX, reverse, 4096);
      assertThat(back.position()).isEqualTo(cursor.position());
      assertThat(back.reverse()).isEqualTo(reverse);
    }
  }

  @Test
  void shouldOnlyEverNarrowARange() {
    byte[] from = PhysicalKey.of(ANN, 7, Key.of("c"));
    assertThat(ScanCursor.after(ITEM, false).laterStart(from)).isEqualTo(from);
    assertThat(ScanCursor.after(from, false).laterStart(ITEM)).startsWith(from).endsWith(0);
    assertThat(ScanCursor.after(ITEM, true).earlierEnd(from)).isEqualTo(ITEM);
    assertThat(ScanCursor.after(from, true).earlierEnd(ITEM)).isEqualTo(ITEM);
    assertThat(ScanCursor.after(ITEM, true).earlierEnd(new byte[0])).isEqualTo(ITEM);
  }

  @Test
  void shouldRefuseWhatIsNoCursorOfTheScan() {
    byte[] good = ScanCursor.after(ITEM, false).encode(PREFIX);
    refuse("hand it back unchanged", new byte[0], false);
    refuse("hand it back unchanged", new byte[] {1, 0, 3}, false);
    refuse("hand it back unchanged", new byte[] {2, 2, 3}, false);
    refuse("other direction", good, true);
    byte[] huge = new byte[5000];
    huge[0] = 2;
    refuse("4097 bytes", huge, false);
  }

  private static void refuse(String why, byte[] wire, boolean reverse) {
    assertThatThrownBy(() -> ScanCursor.decode(wire, PREFIX, reverse, 4096))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("cursor")
        .hasMessageContaining(why);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
