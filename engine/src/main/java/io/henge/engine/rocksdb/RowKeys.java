package io.henge.engine.rocksdb;

import io.henge.engine.KeySpace;

/** Keys as they are on disk: the code of the key space, then the key. */
final class RowKeys {
  private RowKeys() {}

  static byte[] of(KeySpace space, byte[] key) {
    byte[] full = new byte[key.length + 1];
    full[0] = space.code();
    System.arraycopy(key, 0, full, 1, key.length);
    return full;
  }

  /** The exclusive end of a range; an empty {@code to} is the end of the key space. */
  static byte[] end(KeySpace space, byte[] to) {
    return to.length == 0 ? new byte[] {(byte) (space.code() + 1)} : of(space, to);
  }
}
