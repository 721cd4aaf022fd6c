package io.henge.api.key;

import io.henge.api.error.HengeException;
import java.util.Arrays;

/**
 * Where a scan goes on: a position among the keys of its sharding key and collection. It names no
 * shard, so it stays good whatever becomes of the shard that it came from; whoever knows the map
 * finds by {@link #position} who holds what comes next.
 *
 * <p>On the wire: format (1 byte: 2), direction (1 byte: 0 = ascending, 1 = descending), the part
 * of the position beyond token, sharding key and collection id. That part is the encoding of a sort
 * key, or of one with a 0x00 behind it, or of a boundary between shards.
 *
 * @param reverse whether the scan descends
 * @param position physical key: the first that the scan has not looked at; descending, the last
 *     that it has
 */
public record ScanCursor(boolean reverse, byte[] position) {
  private static final byte FORMAT = 2;
  private static final int HEADER_BYTES = 2;

  /** Behind an item that a page ended with. */
  public static ScanCursor after(byte[] physicalKey, boolean reverse) {
    // The smallest key above it has one more byte.
    return new ScanCursor(
        reverse, reverse ? physicalKey : Arrays.copyOf(physicalKey, physicalKey.length + 1));
  }

  /**
   * For the wire.
   *
   * @param prefix what all keys of the scan begin with ({@link PhysicalKey#prefix})
   */
  public byte[] encode(byte[] prefix) {
    byte[] wire = new byte[HEADER_BYTES + position.length - prefix.length];
    wire[0] = FORMAT;
    wire[1] = (byte) (reverse ? 1 : 0);
    System.arraycopy(position, prefix.length, wire, HEADER_BYTES, position.length - prefix.length);
    return wire;
  }

  /**
   * From the wire.
   *
   * @param prefix what all keys of the scan begin with
   * @param keyBytesMax limit of physical keys
   * @throws HengeException INVALID_ARGUMENT if it is no cursor, or one of the other direction
   */
  public static ScanCursor decode(byte[] wire, byte[] prefix, boolean reverse, int keyBytesMax) {
    if (wire.length < HEADER_BYTES || wire[0] != FORMAT || wire[1] < 0 || wire[1] > 1) {
      throw HengeException.invalid(
          "cursor: the cursor of an earlier answer expected; hand it back unchanged");
    }
    if ((wire[1] == 1) != reverse) {
      throw HengeException.invalid(
          "cursor: it belongs to a scan in the other direction; start again without it");
    }
    int length = prefix.length + wire.length - HEADER_BYTES;
    if (length > keyBytesMax + 1) {
      throw HengeException.invalid(
          "cursor: at most "
              + (keyBytesMax + 1)
              + " bytes with the sharding key allowed, found "
              + length
              + "; hand back the cursor of an earlier answer of this scan");
    }
    byte[] position = Arrays.copyOf(prefix, length);
    System.arraycopy(wire, HEADER_BYTES, position, prefix.length, wire.length - HEADER_BYTES);
    return new ScanCursor(reverse, position);
  }

  /** The first key (inclusive) of what is left of an ascending scan. */
  public byte[] laterStart(byte[] from) {
    return Arrays.compareUnsigned(position, from) > 0 ? position : from;
  }

  /** The end (exclusive) of what is left of a descending scan; empty = the end of the ring. */
  public byte[] earlierEnd(byte[] to) {
    return to.length == 0 || Arrays.compareUnsigned(position, to) < 0 ? position : to;
  }
}
