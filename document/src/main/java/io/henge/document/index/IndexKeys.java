package io.henge.document.index;

import io.henge.document.Steps;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a document's rows in an index are: one for each combination of the values at the fields'
 * paths, each once; a path that leads nowhere counts as one value, none. A path with {@code []}
 * leads to several. Immutable.
 */
public final class IndexKeys {
  /** Most rows of one document. Part of the format. */
  public static final int ROWS_MAX = 64;

  /** What an index is ordered by, first to last. */
  public record Field(Path path, boolean descending) {
    /** Whether a document may have several values here. */
    public boolean hasElements() {
      return path.steps().stream().anyMatch(PathStep.AnyElement.class::isInstance);
    }
  }

  private final List<Field> fields;

  private IndexKeys(List<Field> fields) {
    this.fields = fields;
  }

  /** An index by these fields; at least one. */
  public static IndexKeys of(List<Field> fields) {
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("an index has fields");
    }
    return new IndexKeys(List.copyOf(fields));
  }

  public List<Field> fields() {
    return fields;
  }

  /** Whether a document may have several rows. */
  public boolean hasElements() {
    return fields.stream().anyMatch(Field::hasElements);
  }

  /**
   * The values of a document's rows, encoded one behind the other; in order, each once.
   *
   * @return null if there are more than {@link #ROWS_MAX}
   */
  public @Nullable List<byte[]> rows(PathReader document, Steps steps) {
    List<byte[]> rows = List.of(new byte[0]);
    for (Field field : fields) {
      TreeSet<byte[]> values = new TreeSet<>(Arrays::compareUnsigned);
      document.any(
          field.path(),
          steps,
          PathReader.ALL_TYPES,
          value -> {
            values.add(encode(value, field.descending()));
            return values.size() > ROWS_MAX;
          });
      if (values.isEmpty()) {
        values.add(encode(null, field.descending()));
      }
      if (values.size() > ROWS_MAX || values.size() * rows.size() > ROWS_MAX) {
        return null;
      }
      List<byte[]> longer = new ArrayList<>(values.size() * rows.size());
      for (byte[] row : rows) {
        for (byte[] value : values) {
          longer.add(join(row, value));
        }
      }
      rows = longer;
    }
    return rows;
  }

  /** The bytes of a value in a field; null = none. */
  public static byte[] encode(@Nullable JsonValue value, boolean descending) {
    Bytes out = new Bytes(24);
    OrderedCodec.write(out, value, descending);
    return out.toBytes();
  }

  /** What the bytes of all values of a type begin with, in an ascending field; not of booleans. */
  public static byte[] typeOf(JsonValue.Type type) {
    return new byte[] {(byte) OrderedCodec.code(type)};
  }

  /** Whether other values may have the bytes of a value, since it is too long for an index. */
  public static boolean isCut(byte[] encoded, boolean descending) {
    return OrderedCodec.isCut(encoded, 0, encoded.length, descending);
  }

  /**
   * Where the values in a row end, and the sort key begins.
   *
   * @param from where they begin
   * @return -1 if it is no row of this index
   */
  public int end(byte[] row, int from) {
    return end(row, from, fields.size());
  }

  /** Where the first values in a row end. */
  public int end(byte[] row, int from, int count) {
    int at = from;
    for (int i = 0; i < count && at >= 0; i++) {
      at = OrderedCodec.end(row, at, fields.get(i).descending());
    }
    return at;
  }

  /**
   * How many of the first values in a row tell its place: up to the first one that is cut, it
   * included.
   *
   * @param from where the values begin
   * @param first values before this one are not asked for
   * @param count values behind this one neither: the most that is answered
   * @return the number; negated if the last one is cut
   */
  public int telling(byte[] row, int from, int first, int count) {
    int at = from;
    for (int i = 0; i < count; i++) {
      boolean descending = fields.get(i).descending();
      int end = OrderedCodec.end(row, at, descending);
      if (end < 0) {
        return count;
      }
      if (i >= first && OrderedCodec.isCut(row, at, end, descending)) {
        return -(i + 1);
      }
      at = end;
    }
    return count;
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
