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
  REQUESTS('r'),
  /** Index rows and totals of documents, in ring order. */
  INDEX('i'),
  /** At a source of copies: where on the ring there are holders. In ring order. */
  WATCHES('w'),
  /** At a source of copies: that a change has to be sent. In ring order. */
  FANOUT('f'),
  /** What a shard has been told of the sources that its documents follow. */
  KNOWN('k'),
  /** Which documents have copies of a source. */
  HOLDERS('h'),
  /** Sources where the shard's range is still to be registered. */
  OUTBOX('o'),
  /** Changes of documents, in order of their versions. */
  CHANGES('v');

  private final byte code;

  KeySpace(char code) {
    this.code = (byte) code;
  }

  public byte code() {
    return code;
  }
}
