package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;

/** A row as it is stored. Arrays are not copied. */
public record RawRow(KeySpace space, byte[] key, byte[] value) {

  /** Where it is: the key space's code, then the key. In this order rows are copied. */
  public byte[] position() {
    return ReshapeCodec.position(space, key);
  }

  /** Bytes of key and value. */
  public long bytes() {
    return (long) key.length + value.length;
  }
}
