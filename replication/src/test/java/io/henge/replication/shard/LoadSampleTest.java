package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoadSampleTest {
  private static final byte[] ALL = new byte[0];

  private final LoadSample sample = new LoadSample();

  private void note(byte[] key, int times) {
    for (int i = 0; i < times * LoadSample.EVERY; i++) {
      sample.note(key);
    }
  }

  private static List<byte[]> keys(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> PhysicalKey.of(Key.of("k" + i), 1, Key.EMPTY))
        .sorted(Arrays::compareUnsigned)
        .toList();
  }

  private static boolean isBelow(byte[] key, byte[] cut) {
    return Arrays.compareUnsigned(key, cut) < 0;
  }

  @Test
  void shouldSayNothingOfFewOperations() {
    note(keys(1).get(0), LoadSample.LEAST - 1);
    assertThat(sample.shape(ALL, ALL)).isSameAs(LoadShape.UNKNOWN);
  }

  @Test
  void shouldHalveTheLoadNotTheKeys() {
    List<byte[]> keys = keys(100);
    for (int i = 0; i < 100; i++) {
      // Nine tenths of the load lie on the last twenty keys.
      note(keys.get(i), i < 80 ? 1 : 36);
    }
    LoadShape shape = sample.shape(ALL, ALL);
    assertThat(isBelow(keys.get(86), shape.middle())).isTrue();
    assertThat(isBelow(keys.get(92), shape.middle())).isFalse();
    assertThat(shape.hottestShare()).isBetween(0.03, 0.06);
  }

  @Test
  void shouldNotCutWhereOneKeyHasTheLoad() {
    List<byte[]> keys = keys(20);
    keys.forEach(key -> note(key, 2));
    note(keys.get(10), 2_000);
    LoadShape shape = sample.shape(ALL, ALL);
    assertThat(shape.middle()).isEmpty();
    assertThat(shape.hottestShare()).isGreaterThan(0.9);
  }

  @Test
  void shouldCutBesideAKeyThatHasHalfOfIt() {
    List<byte[]> keys = keys(21);
    keys.forEach(key -> note(key, 20));
    note(keys.get(20), 400);
    LoadShape shape = sample.shape(ALL, ALL);
    assertThat(isBelow(keys.get(19), shape.middle())).isTrue();
    assertThat(isBelow(keys.get(20), shape.middle())).isFalse();
  }

  @Test
  void shouldLookAtItsRangeOnly() {
    List<byte[]> keys = keys(100);
    keys.forEach(key -> note(key, 20));
    byte[] start = keys.get(50);
    LoadShape shape = sample.shape(start, ALL);
    assertThat(isBelow(keys.get(70), shape.middle())).isTrue();
    assertThat(isBelow(keys.get(80), shape.middle())).isFalse();
  }

  @Test
  void shouldNotCutOneShardingKeyOnly() {
    note(PhysicalKey.of(Key.of("one"), 1, Key.of("a")), LoadSample.LEAST);
    note(PhysicalKey.of(Key.of("one"), 2, Key.of("z")), LoadSample.LEAST);
    LoadShape shape = sample.shape(ALL, ALL);
    assertThat(shape.middle()).isEmpty();
    assertThat(shape.hottestShare()).isEqualTo(1.0);
  }

  @Test
  void shouldCutBetweenTwoShardingKeys() {
    List<byte[]> keys = keys(2);
    keys.forEach(key -> note(key, LoadSample.LEAST));
    LoadShape shape = sample.shape(ALL, ALL);
    assertThat(isBelow(keys.get(0), shape.middle())).isTrue();
    assertThat(isBelow(keys.get(1), shape.middle())).isFalse();
    assertThat(shape.hottestShare()).isEqualTo(0.5);
  }

  /** At the very ends of the ring there is no token beside. */
  @Test
  void shouldCutAtTheEndsOfTheRing() {
    byte[] first = new byte[PhysicalKey.TOKEN_BYTES];
    byte[] last = new byte[PhysicalKey.TOKEN_BYTES];
    Arrays.fill(last, (byte) 0xFF);
    note(first, LoadSample.LEAST);
    assertThat(sample.shape(ALL, ALL).middle()).isEmpty();
    note(last, LoadSample.LEAST);
    byte[] cut = sample.shape(ALL, ALL).middle();
    assertThat(isBelow(first, cut)).isTrue();
    assertThat(isBelow(last, cut)).isFalse();
    note(last, 4 * LoadSample.LEAST);
    assertThat(sample.shape(ALL, ALL).middle()).isEqualTo(last);
    // Where the shard begins with it, there is nothing on the other side.
    assertThat(sample.shape(last, ALL).middle()).isEmpty();
  }
}
