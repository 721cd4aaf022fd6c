package io.henge.api.item;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionTokenTest {
  private static final long MAX = -1;

  /** Tokens of a small ring of 64 places, spread over the large one so that both ends are met. */
  private static long token(int place) {
    return (long) place << 58;
  }

  private static long lastOf(int place) {
    return place == 63 ? MAX : token(place + 1) - 1;
  }

  @Test
  void shouldTouchWholeTokensWhereABoundaryLiesInsideOne() {
    byte[] boundary = bytes("4000000000000000");
    assertThat(SessionToken.firstToken(boundary)).isEqualTo(0x4000000000000000L);
    assertThat(SessionToken.lastToken(boundary)).isEqualTo(0x3fffffffffffffffL);
    byte[] inside = bytes("4000000000000000036100");
    assertThat(SessionToken.firstToken(inside)).isEqualTo(0x4000000000000000L);
    assertThat(SessionToken.lastToken(inside)).isEqualTo(0x4000000000000000L);
    assertThat(SessionToken.lastToken(bytes("40"))).isEqualTo(0x3fffffffffffffffL);
    assertThat(SessionToken.firstToken(new byte[0])).isZero();
    assertThat(SessionToken.lastToken(new byte[0])).isEqualTo(MAX);
  }

  @Test
  void shouldAskForTheLargestVersionThatTouchesARange() {
    SessionToken token = SessionToken.EMPTY.with(0x10, 0x1f, 5).with(0x20, 0x2f, 9);
    assertThat(token.versionFor(0x0, 0xf)).isZero();
    assertThat(token.versionFor(0x1f, 0x1f)).isEqualTo(5);
    assertThat(token.versionFor(0x1f, 0x20)).isEqualTo(9);
    assertThat(token.versionFor(0, MAX)).isEqualTo(9);
    assertThat(token.touching(0x1f, 0x1f).parts()).containsExactly(token.parts().get(0));
  }

  @Test
  void shouldCarryWhatWasSeenThroughSplitAndMerge() {
    SessionToken before = SessionToken.everywhere(10);
    SessionToken split = before.with(0, Long.MAX_VALUE, 11).with(Long.MIN_VALUE, MAX, 14);
    assertThat(split.parts()).hasSize(2);
    assertThat(split.versionFor(5, 5)).isEqualTo(11);
    assertThat(split.versionFor(-5, -5)).isEqualTo(14);
    SessionToken merged = split.with(0, MAX, 20);
    assertThat(merged).isEqualTo(SessionToken.everywhere(20));
    assertThat(merged.parts()).hasSize(1);
    assertThat(merged).hasToString("0000000000000000-ffffffffffffffff at 20");
  }

  @Test
  void shouldStayAsItIsWhenNothingIsNew() {
    SessionToken token = SessionToken.EMPTY.with(0, 9, 5).with(10, 19, 7);
    assertThat(token.with(3, 15, 5)).isSameAs(token);
    assertThat(token.with(3, 15, 0)).isSameAs(token);
    assertThat(token.with(3, 20, 5)).isNotSameAs(token);
    assertThat(token.with(9, 10, 6).versionFor(9, 9)).isEqualTo(6);
  }

  /** Against an array; versions are unsigned, ranges meet, enclose and part. */
  @Test
  void shouldKnowEveryTokensVersionExactlyWhileThereIsRoom() {
    Random random = Seed.random("SessionTokenTest");
    for (int run = 0; run < 300; run++) {
      long[] seen = new long[64];
      SessionToken token = SessionToken.EMPTY;
      for (int step = 0; step < 40; step++) {
        int first = random.nextInt(64);
        int last = first + random.nextInt(64 - first);
        long version = random.nextInt(12) == 0 ? -1 - random.nextInt(3) : random.nextInt(20);
        token = token.with(token(first), lastOf(last), version);
        for (int i = first; i <= last; i++) {
          seen[i] = larger(seen[i], version);
        }
        requireCanonical(token);
        for (int i = 0; i < 64; i++) {
          if (token.versionFor(token(i), lastOf(i)) != seen[i]) {
            throw new AssertionError("place " + i + " of " + token + ": " + seen[i] + " expected");
          }
        }
        assertThat(SessionToken.of(token.parts())).isEqualTo(token);
      }
    }
  }

  /** With more shards than parts it asks for more than it must, never for less. */
  @Test
  void shouldOnlyEverAskForMoreWhenThereIsNoRoom() {
    Random random = Seed.random("SessionTokenTest");
    int places = 1_024;
    for (int run = 0; run < 10; run++) {
      long[] seen = new long[places];
      SessionToken token = SessionToken.EMPTY;
      long largest = 0;
      for (int step = 0; step < 1_500; step++) {
        int place = random.nextInt(places);
        long version = 1L + random.nextInt(1_000_000);
        long first = (long) place << 54;
        token = token.with(first, first + (1L << 54) - 1, version);
        seen[place] = Math.max(seen[place], version);
        largest = Math.max(largest, version);
        assertThat(token.parts()).hasSizeLessThanOrEqualTo(SessionToken.PARTS_MAX);
      }
      requireCanonical(token);
      for (int i = 0; i < places; i++) {
        long asked = token.versionFor((long) i << 54, ((long) i << 54) + 17);
        assertThat(asked).as("place %d", i).isBetween(seen[i], largest);
      }
    }
  }

  private static void requireCanonical(SessionToken token) {
    SessionToken.Part before = null;
    for (SessionToken.Part part : token.parts()) {
      assertThat(part.version()).isNotZero();
      if (before != null) {
        assertThat(Long.compareUnsigned(before.lastToken(), part.firstToken())).isNegative();
        boolean one =
            before.version() == part.version() && before.lastToken() + 1 == part.firstToken();
        assertThat(one).as("%s", token).isFalse();
      }
      before = part;
    }
  }

  private static long larger(long a, long b) {
    return Long.compareUnsigned(a, b) > 0 ? a : b;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }
}
