package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A digest of rows: the first 8 bytes of the SHA-256 of all keys and values with their lengths. */
final class Checksum {
  private static final byte[] ALL = new byte[0];

  private Checksum() {}

  static long of(ReadView view, KeySpace... spaces) {
    MessageDigest digest = sha256();
    ByteBuffer lengths = ByteBuffer.allocate(1 + 2 * Integer.BYTES);
    for (KeySpace space : spaces) {
      try (RowCursor cursor = view.scan(space, ALL, ALL, false)) {
        while (cursor.next()) {
          byte[] key = cursor.key();
          byte[] value = cursor.value();
          lengths.clear();
          lengths.put(space.code()).putInt(key.length).putInt(value.length);
          digest.update(lengths.array());
          digest.update(key);
          digest.update(value);
        }
      }
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
