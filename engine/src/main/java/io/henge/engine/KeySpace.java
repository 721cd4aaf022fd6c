package io.henge.engine;

/**
 * The kinds of rows in a store. Each has its own order of keys; a batch may change several at once.
 * The code is the first byte of every key on disk: permanent.
 */
public enum KeySpace {
  /** About the replica itself: format version, applied position, range, time, catalogue. */
  SYSTEM('s'),
  /** Items, under their physical keys. */
  DATA('d'),
  /** Expiry index: expiry time (8 bytes, big endian), physical key. */
  EXPIRY('e'),
  /** Remembered write requests and their results. */
  REQUESTS('r');

  private final byte code;

  KeySpace(char code) {
    this.code = (byte) code;
  }

  public byte code() {
    return code;
  }
}
