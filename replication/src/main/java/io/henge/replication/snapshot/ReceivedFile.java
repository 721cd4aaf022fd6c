package io.henge.replication.snapshot;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.IntConsumer;
import java.util.zip.CRC32C;

/** A file on its way in: appended to in order, by one stream at a time. */
final class ReceivedFile implements AutoCloseable {
  private final SnapshotManifest.File expected;
  private final FileChannel channel;
  private final IntConsumer progress;
  private final CRC32C whole = new CRC32C();
  private long bytes;

  /** Number of the stream that may write; a chunk of an earlier one is refused. */
  private int stream;

  ReceivedFile(Path path, SnapshotManifest.File expected, IntConsumer progress) throws IOException {
    this.expected = expected;
    this.progress = progress;
    this.channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized boolean complete() {
    return bytes == expected.bytes();
  }

  /** From now on only the sink that is asked for next is listened to. */
  synchronized void cut() {
    stream++;
  }

  synchronized SnapshotTransport.ChunkSink sink() {
    int mine = stream;
    return (offset, data, crc32c) -> accept(mine, offset, data, crc32c);
  }

  private synchronized void accept(int from, long offset, ByteBuffer data, int crc32c)
      throws IOException {
    if (from != stream) {
      throw new IOException("the stream was given up");
    }
    int length = data.remaining();
    if (offset != bytes || length > expected.bytes() - bytes) {
      throw new IOException(
          "expected byte "
              + bytes
              + " of "
              + expected.bytes()
              + "; found "
              + length
              + " at "
              + offset);
    }
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate());
    if ((int) crc.getValue() != crc32c) {
      throw new IOException("a chunk at " + offset + " was damaged on its way");
    }
    whole.update(data.duplicate());
    while (data.hasRemaining()) {
      channel.write(data);
    }
    bytes += length;
    progress.accept(length);
  }

  /** Checks the whole and forces it to disk. */
  synchronized void verify() throws IOException {
    if ((int) whole.getValue() != expected.crc32c()) {
      throw new HengeException(
          ErrorCode.CORRUPTION,
          "file " + expected.name() + " is not what the sender's manifest says it is");
    }
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
