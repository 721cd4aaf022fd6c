package io.henge.cli.transfer;

/**
 * One record of a file, not yet looked into.
 *
 * @param line where it begins, from 1
 * @param bytes without the line break at its end; if it is too long, its beginning
 * @param tooLong whether there was more than a record may have
 * @param end of the record and of its line break: where the next one begins
 */
record RawRecord(long line, byte[] bytes, boolean tooLong, Position end) {
  /**
   * A place in a file, between records.
   *
   * @param offset in bytes from the beginning
   * @param line from 1
   */
  record Position(long offset, long line) {
    static final Position START = new Position(0, 1);
  }
}
