package io.henge.api.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PhysicalKeyTest {
  @Test
  void shouldOrderByTokenShardingKeyCollectionAndSortKey() {
    Random random = Seed.random("shouldOrderByTokenShardingKeyCollectionAndSortKey");
    for (int i = 0; i < 20_000; i++) {
      Key[] sharding = {randomShardingKey(random), randomShardingKey(random)};
      int[] collection = {random.nextInt(3), random.nextInt(3)};
      Key[] sort = {Key.of(KeyTest.randomTuple(random)), Key.of(KeyTest.randomTuple(random))};
      int expected = Long.compareUnsigned(sharding[0].token(), sharding[1].token());
      expected = expected == 0 ? sharding[0].compareTo(sharding[1]) : expected;
      expected = expected == 0 ? Integer.compare(collection[0], collection[1]) : expected;
      expected = expected == 0 ? sort[0].compareTo(sort[1]) : expected;
      int found =
          Arrays.compareUnsigned(
              PhysicalKey.of(sharding[0], collection[0], sort[0]),
              PhysicalKey.of(sharding[1], collection[1], sort[1]));
      assertThat(Integer.signum(found)).isEqualTo(Integer.signum(expected));
    }
  }

  private static Key randomShardingKey(Random random) {
    return random.nextBoolean() ? Key.of(random.nextInt(3)) : Key.of(KeyTest.randomTuple(random));
  }

  @Test
  void shouldComeApartAgain() {
    Random random = Seed.random("shouldComeApartAgain");
    for (int i = 0; i < 20_000; i++) {
      Key sharding = Key.of(KeyTest.randomTuple(random));
      Key sort = Key.of(KeyTest.randomTuple(random));
      int collection = random.nextInt();
      byte[] physical = PhysicalKey.of(sharding, collection, sort);
      assertThat(PhysicalKey.shardingKey(physical)).isEqualTo(sharding);
      assertThat(PhysicalKey.collectionId(physical)).isEqualTo(collection);
      assertThat(PhysicalKey.sortKey(physical)).isEqualTo(sort);
      assertThat(PhysicalKey.token(physical)).isEqualTo(sharding.token());
    }
  }

  @Test
  void shouldHoldAllItemsOfAShardingKeyBetweenPrefixAndItsEnd() {
    Random random = Seed.random("shouldHoldAllItemsOfAShardingKeyBetweenPrefixAndItsEnd");
    for (int i = 0; i < 20_000; i++) {
      Key sharding = Key.of(KeyTest.randomTuple(random));
      byte[] prefix = PhysicalKey.itemCollection(sharding);
      byte[] end = PhysicalKey.endOfPrefix(prefix);
      byte[] inside =
          PhysicalKey.of(sharding, random.nextInt(), Key.of(KeyTest.randomTuple(random)));
      assertThat(Arrays.compareUnsigned(prefix, inside)).isNegative();
      assertThat(Arrays.compareUnsigned(inside, end)).isNegative();
      Key other = Key.of(KeyTest.randomTuple(random));
      byte[] outside = PhysicalKey.of(other, random.nextInt(), Key.EMPTY);
      boolean between =
          Arrays.compareUnsigned(prefix, outside) <= 0 && Arrays.compareUnsigned(outside, end) < 0;
      assertThat(between).isEqualTo(other.equals(sharding));
    }
  }

  @Test
  void shouldFindTheEndOfAPrefix() {
    assertThat(PhysicalKey.endOfPrefix(new byte[] {1, 2})).containsExactly(1, 3);
    assertThat(PhysicalKey.endOfPrefix(new byte[] {1, -1, -1})).containsExactly(2);
    assertThat(PhysicalKey.endOfPrefix(new byte[] {127})).containsExactly(-128);
    assertThat(PhysicalKey.endOfPrefix(new byte[] {-1})).isEmpty();
    assertThat(PhysicalKey.endOfPrefix(new byte[0])).isEmpty();
  }

  @Test
  void shouldReadTheTokenOfABoundary() {
    assertThat(PhysicalKey.token(new byte[] {-128})).isEqualTo(Long.MIN_VALUE);
    assertThat(PhysicalKey.token(new byte[0])).isZero();
  }

  @Test
  void shouldRefuseBytesThatAreNoPhysicalKey() {
    Random random = Seed.random("shouldRefuseBytesThatAreNoPhysicalKey");
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = new byte[random.nextInt(24)];
      random.nextBytes(bytes);
      if (PhysicalKey.endOfShardingKey(bytes) < 0) {
        assertThatThrownBy(() -> PhysicalKey.shardingKey(bytes))
            .isInstanceOf(IllegalArgumentException.class);
      } else {
        try {
          PhysicalKey.shardingKey(bytes);
          PhysicalKey.collectionId(bytes);
          PhysicalKey.sortKey(bytes);
        } catch (IllegalArgumentException | HengeException e) {
          assertThat(e).hasMessageMatching("not a physical key.*|key: .*");
        }
      }
    }
  }
}
