package io.henge.replication.statemachine;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Counts rows and adds up a 64-bit hash of each (the first 8 bytes of the SHA-256 of key space,
 * lengths, key and value), so that a digest can go on from where an earlier one was. Part of the
 * format. Not thread-safe.
 */
public final class RowsDigest {
  private final MessageDigest sha256;
  private final ByteBuffer lengths = ByteBuffer.allocate(1 + 2 * Integer.BYTES);
  private long rows;
  private long checksum;

  /** Goes on from what another digest has come to. */
  public RowsDigest(long rows, long checksum) {
    this.rows = rows;
    this.checksum = checksum;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  public void add(RawRow row) {
    lengths.clear();
    lengths.put(row.space().code()).putInt(row.key().length).putInt(row.value().length);
    sha256.update(lengths.array());
    sha256.update(row.key());
    checksum += ByteBuffer.wrap(sha256.digest(row.value())).getLong();
    rows++;
  }

  public long rows() {
    return rows;
  }

  public long checksum() {
    return checksum;
  }
}
