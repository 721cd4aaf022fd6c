package io.henge.engine.memory;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * All rows of a store as one file: number of rows (4), then length (4) and bytes of each key and
 * value, then the CRC32C (8) of all before. Replaced as a whole by a rename; not fsynced: the twin
 * survives its process, not a power loss.
 */
final class RowsFile {
  static final String NAME = "ROWS";

  private RowsFile() {}

  static void write(Path directory, RowTree.@Nullable Node tree) throws IOException {
    Path temporary = directory.resolve(NAME + ".tmp");
    CRC32C sum = new CRC32C();
    try (DataOutputStream out =
        new DataOutputStream(
            new java.io.BufferedOutputStream(
                new CheckedOutputStream(Files.newOutputStream(temporary), sum), 1 << 16))) {
      out.writeInt(RowTree.rows(tree));
      writeRows(out, tree);
      out.flush();
      out.writeLong(sum.getValue());
    }
    Files.move(temporary, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void writeRows(DataOutputStream out, RowTree.@Nullable Node tree)
      throws IOException {
    if (tree != null) {
      writeRows(out, tree.left);
      out.writeInt(tree.key.length);
      out.write(tree.key);
      out.writeInt(tree.value.length);
      out.write(tree.value);
      writeRows(out, tree.right);
    }
  }

  static RowTree.@Nullable Node read(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    byte[] content = Files.readAllBytes(file);
    int length = content.length - Long.BYTES;
    CRC32C sum = new CRC32C();
    sum.update(content, 0, Math.max(length, 0));
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
    if (length < Integer.BYTES || sum.getValue() != checksum(content, length)) {
      throw new HengeException(ErrorCode.CORRUPTION, file + " is damaged");
    }
    RowTree.Node tree = null;
    int rows = in.readInt();
    for (int i = 0; i < rows; i++) {
      byte[] key = in.readNBytes(in.readInt());
      byte[] value = in.readNBytes(in.readInt());
      tree = RowTree.put(tree, key, value);
    }
    return tree;
  }

  private static long checksum(byte[] content, int at) throws IOException {
    return new DataInputStream(new ByteArrayInputStream(content, at, Long.BYTES)).readLong();
  }
}
