package io.henge.server.node;

import io.henge.api.internal.v1.MetaUpdate;
import io.henge.engine.DurableFiles;
import io.henge.router.meta.MetaState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the node last knew of the cluster, in {@code meta.cache}: format (1 byte), CRC32C (4), a
 * complete update. It lets a node without a replica of meta find its peers, and so serve its
 * shards, before it has heard anything. Only a hint: a damaged or missing one is as good as none.
 */
final class MetaCache {
  private static final Logger LOG = LoggerFactory.getLogger(MetaCache.class);
  private static final byte FORMAT = 1;
  private static final int HEADER = 1 + Integer.BYTES;

  private final Path file;
  private final Executor blocking;
  private final AtomicBoolean writing = new AtomicBoolean();
  private volatile long written;

  MetaCache(Path directory, Executor blocking) {
    this.file = directory.resolve("meta.cache");
    this.blocking = blocking;
  }

  /** The state as of the last write, or the empty one. */
  MetaState load() {
    try {
      if (Files.exists(file)) {
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length >= HEADER && bytes[0] == FORMAT) {
          byte[] body = Arrays.copyOfRange(bytes, HEADER, bytes.length);
          if (ByteBuffer.wrap(bytes).getInt(1) == crc(body)) {
            return MetaState.EMPTY.merge(MetaUpdate.parseFrom(body));
          }
        }
        LOG.warn("{} is damaged or of another format: it is left aside", file);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} cannot be read, it is left aside: {}", file, e.toString());
    }
    return MetaState.EMPTY;
  }

  /** Writes the latest state soon; several changes at once become one write. */
  void save(Supplier<MetaState> latest) {
    if (writing.compareAndSet(false, true)) {
      blocking.execute(() -> write(latest));
    }
  }

  private void write(Supplier<MetaState> latest) {
    writing.set(false);
    MetaState state = latest.get();
    synchronized (this) {
      if (state.version() <= written) {
        return;
      }
      byte[] body = state.metaUpdate(0).toByteArray();
      byte[] bytes =
          ByteBuffer.allocate(HEADER + body.length).put(FORMAT).putInt(crc(body)).put(body).array();
      try {
        DurableFiles.replace(file, bytes);
        written = state.version();
      } catch (IOException e) {
        LOG.warn("{} cannot be written: {}", file, e.toString());
      }
    }
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
