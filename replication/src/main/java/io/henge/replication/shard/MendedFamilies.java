package io.henge.replication.shard;

import io.henge.api.key.PhysicalKey;
import io.henge.replication.statemachine.FamilyPlace;
import io.henge.replication.statemachine.VerifyPage;
import java.util.Arrays;
import java.util.TreeSet;

/**
 * Counts the families that were mended, each once: a large one when its last page is done. That it
 * has been mended stands in its place until then. Of one page, one thread at a time.
 */
final class MendedFamilies {
  private final TreeSet<byte[]> large = new TreeSet<>(Arrays::compareUnsigned);
  private long whole;

  /**
   * @param from where the page begins
   */
  MendedFamilies(byte[] from) {
    FamilyPlace place = FamilyPlace.decode(from);
    if (place != null && place.mended()) {
      large.add(place.family());
    }
  }

  /** Families that were mended as a whole. */
  void whole(long count) {
    whole += count;
  }

  /**
   * Something of a large family was mended.
   *
   * @param key one of its keys, or what they begin with
   */
  void part(byte[] key) {
    large.add(Arrays.copyOf(key, PhysicalKey.endOfShardingKey(key) + 1));
  }

  /** What became of the page. */
  VerifyOutcome outcome(VerifyPage page) {
    byte[] next = page.next();
    FamilyPlace place = next == null ? null : FamilyPlace.decode(next);
    if (place != null && large.remove(place.family())) {
      return new VerifyOutcome(page.goingOn(place.asMended().encode()), whole + large.size());
    }
    return new VerifyOutcome(page, whole + large.size());
  }
}
