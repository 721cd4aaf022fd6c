package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import io.henge.cli.transfer.RawRecord.Position;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * How far an import is: every record before the position has been acknowledged or is among the
 * rejects.
 *
 * @param options what the import was told, in a form that is equal if that is
 * @param checksum of the beginning of the file and of what lies before the position
 * @param documents imported
 * @param rejected records
 * @param rejectBytes length of the file of rejects
 */
record Checkpoint(
    String options,
    Position position,
    long checksum,
    long documents,
    long rejected,
    long rejectBytes) {
  private static final long FORMAT = 1;
  private static final int SAMPLE_BYTES = 16 << 10;

  static Checkpoint begin(String options) {
    return new Checkpoint(options, Position.START, 0, 0, 0, 0);
  }

  /**
   * Reads a checkpoint.
   *
   * @throws HengeException INVALID_ARGUMENT if the file is none
   */
  static Optional<Checkpoint> read(Path path) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    JsonObject json;
    try {
      json = Json.parseObject(bytes);
      if (number(json, "format") == FORMAT && json.get("options") instanceof JsonText options) {
        return Optional.of(
            new Checkpoint(
                options.value(),
                new Position(number(json, "offset"), number(json, "line")),
                number(json, "checksum"),
                number(json, "documents"),
                number(json, "rejected"),
                number(json, "reject_bytes")));
      }
    } catch (HengeException e) {
      // Said below, for whatever reason.
    }
    throw HengeException.invalid(
        path + " is not a checkpoint of an import; name another file, or delete it");
  }

  private static long number(JsonObject json, String name) {
    if (json.get(name) instanceof JsonNumber number && number.isLong()) {
      return number.longValue();
    }
    throw HengeException.invalid(name + " is missing");
  }

  /** Replaces what is at the path; it is there whole or not at all, even after a power failure. */
  void write(Path path) throws IOException {
    JsonObject json =
        JsonObject.builder()
            .put("format", FORMAT)
            .put("options", options)
            .put("offset", position.offset())
            .put("line", position.line())
            .put("checksum", checksum)
            .put("documents", documents)
            .put("rejected", rejected)
            .put("reject_bytes", rejectBytes)
            .build();
    Path next = path.resolveSibling(path.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes =
          ByteBuffer.wrap((Json.print(json) + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Of the first bytes of a file and of those before an offset: enough to tell another file. */
  static long checksum(Path file, long offset) throws IOException {
    CRC32C checksum = new CRC32C();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      int sample = (int) Math.min(SAMPLE_BYTES, offset);
      for (long from : new long[] {0, offset - sample}) {
        ByteBuffer bytes = ByteBuffer.allocate(sample);
        while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {}
        checksum.update(bytes.flip());
      }
    }
    return checksum.getValue();
  }
}
