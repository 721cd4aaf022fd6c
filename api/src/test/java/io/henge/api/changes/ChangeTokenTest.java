package io.henge.api.changes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChangeTokenTest {
  private static final byte[] NOTHING = {};

  @Test
  void shouldReadBackWhatItWrites() {
    ChangeToken token =
        ChangeToken.of(
            List.of(
                ChangePart.after(NOTHING, new byte[] {5}, 17),
                ChangePart.scan(new byte[] {5}, new byte[] {7, 1}),
                new ChangePart(
                    new byte[] {9}, NOTHING, ChangePart.behind(18, new byte[] {9, 9, 9}))));

    assertThat(ChangeToken.decode(token.encode())).isEqualTo(token);
    assertThat(ChangeToken.parse(token.toText())).isEqualTo(token);
  }

  @Test
  void shouldKeepItsForm() {
    ChangeToken token =
        ChangeToken.of(
            List.of(
                ChangePart.after(NOTHING, new byte[] {(byte) 0x80}, 255),
                ChangePart.scan(new byte[] {(byte) 0x80}, NOTHING)));

    assertThat(token.toText()).isEqualTo("AQIAAAGACAAAAAAAAAEAAQAAJgjiTA");
  }

  @Test
  void shouldRefuseWhatIsNoToken() {
    byte[] good = ChangeToken.of(List.of(ChangePart.after(NOTHING, NOTHING, 1))).encode();
    for (int i = 0; i < good.length; i++) {
      byte[] damaged = good.clone();
      damaged[i] ^= 1;
      assertThatThrownBy(() -> ChangeToken.decode(damaged))
          .isInstanceOf(HengeException.class)
          .hasMessageContaining("token");
      byte[] cut = Arrays.copyOf(good, i);
      assertThatThrownBy(() -> ChangeToken.decode(cut)).isInstanceOf(HengeException.class);
    }
    assertThatThrownBy(() -> ChangeToken.parse("not a token!"))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("watch from now");
  }

  @Test
  void shouldReplaceWhatHasBeenRead() {
    // Against a model: the position of each of 256 keys.
    Random random = Seed.random("ChangeTokenTest");
    for (int round = 0; round < 200; round++) {
      ChangeToken token = ChangeToken.of(List.of(ChangePart.after(NOTHING, NOTHING, 0)));
      long[] model = new long[256];
      for (int step = 0; step < 30; step++) {
        int from = random.nextInt(256);
        int to = from + 1 + random.nextInt(256 - from);
        int middle = from + random.nextInt(to - from);
        long version = random.nextInt(4);
        List<ChangePart> read = new ArrayList<>();
        if (middle > from) {
          read.add(ChangePart.after(key(from), key(middle), version));
          Arrays.fill(model, from, middle, version);
        }
        read.add(ChangePart.after(key(middle), to == 256 ? NOTHING : key(to), version + 1));
        Arrays.fill(model, middle, to, version + 1);
        token = token.with(read);
        token = ChangeToken.decode(token.encode());
        for (int i = 0; i < 256; i++) {
          byte[] key = {(byte) i};
          List<ChangePart> of = token.parts().stream().filter(part -> part.contains(key)).toList();
          assertThat(of).hasSize(1);
          assertThat(of.get(0).nextVersion()).isEqualTo(model[i] + 1);
        }
      }
    }
  }

  private static byte[] key(int first) {
    return first == 0 ? NOTHING : new byte[] {(byte) first};
  }

  @Test
  void shouldGoBackRatherThanGrowWithoutBound() {
    List<ChangePart> parts = new ArrayList<>();
    for (int i = 0; i < 3 * ChangeToken.PARTS_MAX; i++) {
      parts.add(ChangePart.after(two(i), two(i + 1), 1000 + i % 7));
    }
    ChangeToken token = ChangeToken.decode(ChangeToken.of(parts).encode());

    assertThat(token.parts()).hasSizeLessThanOrEqualTo(ChangeToken.PARTS_MAX);
    for (ChangePart part : parts) {
      ChangePart now =
          token.parts().stream().filter(each -> each.contains(part.start())).findFirst().get();
      assertThat(now.nextVersion()).isLessThanOrEqualTo(part.nextVersion());
    }
  }

  private static byte[] two(int i) {
    return new byte[] {(byte) (i >> 8), (byte) i};
  }
}
