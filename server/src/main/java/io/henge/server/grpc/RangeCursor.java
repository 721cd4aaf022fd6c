package io.henge.server.grpc;

import com.google.protobuf.ByteString;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import java.util.Arrays;

/**
 * Where a page of a scan ended, as clients hand it back: format (1 byte), direction (1 byte), sort
 * key of the last item.
 */
record RangeCursor(boolean reverse, byte[] sortKey) {
  private static final byte FORMAT = 1;

  /** After the item of this physical key. */
  static ByteString after(byte[] physicalKey, boolean reverse) {
    int sortKey = PhysicalKey.endOfShardingKey(physicalKey) + 1 + Integer.BYTES;
    return ByteString.copyFrom(new byte[] {FORMAT, (byte) (reverse ? 1 : 0)})
        .concat(ByteString.copyFrom(physicalKey, sortKey, physicalKey.length - sortKey));
  }

  static RangeCursor parse(ByteString wire, boolean reverse) {
    byte[] bytes = wire.toByteArray();
    if (bytes.length < 2 || bytes[0] != FORMAT || bytes[1] < 0 || bytes[1] > 1) {
      throw HengeException.invalid(
          "cursor: the cursor of an earlier answer expected; hand it back unchanged");
    }
    if ((bytes[1] == 1) != reverse) {
      throw HengeException.invalid(
          "cursor: it belongs to a scan in the other direction; start again without it");
    }
    byte[] sortKey = Arrays.copyOfRange(bytes, 2, bytes.length);
    try {
      return new RangeCursor(reverse, Key.fromEncoded(sortKey).encoded());
    } catch (HengeException e) {
      throw HengeException.invalid("cursor: " + e.getMessage());
    }
  }
}
