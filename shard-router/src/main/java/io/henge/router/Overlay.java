package io.henge.router;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lays one view of the ring over another, where a key belongs to whoever claims it with the highest
 * epoch. That is sound because the epoch of the shard that holds a key only rises: a split gives
 * both halves the parent's plus one, a merge the maximum plus one. So two claims of one epoch are
 * of one shard; members may have changed in between, and the later ones count.
 */
final class Overlay {
  private Overlay() {}

  /**
   * Lays one shard over others.
   *
   * @param base disjoint shards, by start
   * @param wins whether it wins against others of its own epoch
   * @return disjoint shards, by start; {@code base} itself if the shard says nothing new. What an
   *     older shard keeps of its range (also the older self of this shard, which has split), keeps
   *     its epoch too: whoever asks there is corrected again, which a gap would not give
   */
  static List<Shard> lay(List<Shard> base, Shard shard, boolean wins) {
    List<Shard> result = new ArrayList<>(base.size() + 2);
    List<Shard> pieces = new ArrayList<>();
    pieces.add(shard);
    for (Shard other : base) {
      if (!other.overlaps(shard)) {
        result.add(other);
      } else if (isNewer(other, shard, wins)) {
        result.add(other);
        pieces = subtract(pieces, other);
      } else {
        result.addAll(subtract(List.of(other), shard));
      }
    }
    if (pieces.isEmpty()) {
      return base;
    }
    result.addAll(pieces);
    result.sort(ShardMap.BY_START);
    return result;
  }

  private static boolean isNewer(Shard other, Shard shard, boolean wins) {
    return wins ? other.isNewerThan(shard) : !shard.isNewerThan(other);
  }

  private static List<Shard> subtract(List<Shard> pieces, Shard cut) {
    List<Shard> rest = new ArrayList<>();
    for (Shard piece : pieces) {
      if (!piece.overlaps(cut)) {
        rest.add(piece);
        continue;
      }
      if (Arrays.compareUnsigned(piece.start(), cut.start()) < 0) {
        rest.add(piece.withRange(piece.start(), cut.start()));
      }
      if (Ring.compareEnds(cut.end(), piece.end()) < 0) {
        rest.add(piece.withRange(cut.end(), piece.end()));
      }
    }
    return rest;
  }
}
