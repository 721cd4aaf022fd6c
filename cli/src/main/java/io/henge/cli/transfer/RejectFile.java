package io.henge.cli.transfer;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * What was not imported, as JSON Lines in the order of the file. Made with the first reject. Not
 * thread-safe.
 */
final class RejectFile implements Closeable {
  private final Path path;
  private @Nullable FileChannel channel;
  private long length;

  /**
   * The rejects of an import.
   *
   * @param kept so many bytes of what is there; the rest is cut off, since an import that was ended
   *     by force rejects the same records again
   */
  RejectFile(Path path, long kept) throws IOException {
    this.path = path;
    if (kept == 0) {
      Files.deleteIfExists(path);
    } else {
      open();
      length = Math.min(kept, channel().size());
      channel().truncate(length).position(length);
    }
  }

  private void open() throws IOException {
    channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private FileChannel channel() {
    if (channel == null) {
      throw new IllegalStateException("not open: " + path);
    }
    return channel;
  }

  void add(Reject reject) throws IOException {
    if (channel == null) {
      open();
    }
    ByteBuffer line = ByteBuffer.wrap(reject.jsonLine());
    length += line.remaining();
    while (line.hasRemaining()) {
      channel().write(line);
    }
  }

  /** Puts all of it on the disk. */
  void sync() throws IOException {
    if (channel != null) {
      channel.force(false);
    }
  }

  long length() {
    return length;
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
