package io.henge.document.patch;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.codec.ByteReader;
import io.henge.document.codec.ByteWriter;
import io.henge.document.codec.PathCodec;
import io.henge.document.codec.ValueCodec;
import io.henge.document.filter.FilterCodec;
import io.henge.document.patch.PatchOperation.ArrayOrder;
import io.henge.document.patch.PatchOperation.Keep;
import io.henge.document.path.Path;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary form of patches, for the log: a format byte, then the operations.
 * docs/internals/documents-format.md has it byte by byte, golden files pin it.
 */
public final class PatchCodec {
  /** Newest format that this version reads, and the one it writes. */
  public static final int FORMAT = 1;

  private static final int SET = 1;
  private static final int UNSET = 2;
  private static final int INC = 3;
  private static final int MIN = 4;
  private static final int MAX = 5;
  private static final int PUSH = 6;
  private static final int PULL = 7;
  private static final int PULL_WHERE = 8;
  private static final int ADD_TO_SET = 9;
  private static final int MERGE = 10;
  private static final int REPLACE = 11;

  /** Flags of {@link #PUSH}. */
  private static final int KEEP_FIRST = 1;

  private static final int KEEP_LAST = 2;
  private static final int ORDERED = 4;
  private static final int DESCENDING = 8;
  private static final int TIE = 16;

  private PatchCodec() {}

  public static byte[] encode(Patch patch) {
    ByteWriter out = new ByteWriter(128);
    List<PatchOperation> operations = patch.operations();
    for (int i = operations.size() - 1; i >= 0; i--) {
      write(out, operations.get(i));
    }
    out.varint(operations.size());
    out.u8(FORMAT);
    return out.toBytes();
  }

  /**
   * Decodes a patch.
   *
   * @throws HengeException CORRUPTION if the bytes are damaged or of a newer format
   */
  public static Patch decode(byte[] bytes) {
    ByteReader in = new ByteReader("patch", bytes);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    int count = in.count(2);
    if (count > DocumentLimits.PATCH_OPERATIONS_MAX) {
      throw in.damaged(count + " operations");
    }
    List<PatchOperation> operations = new ArrayList<>(count);
    try {
      for (int i = 0; i < count; i++) {
        operations.add(read(in));
      }
    } catch (HengeException e) {
      throw e.code() == ErrorCode.CORRUPTION ? e : in.damaged(String.valueOf(e.getMessage()));
    }
    in.end();
    return Patch.of(operations);
  }

  private static void write(ByteWriter out, PatchOperation change) {
    if (change instanceof PatchOperation.Set set) {
      out.value(set.value());
      head(out, change, SET);
    } else if (change instanceof PatchOperation.Unset) {
      head(out, change, UNSET);
    } else if (change instanceof PatchOperation.Inc inc) {
      out.value(inc.by());
      head(out, change, INC);
    } else if (change instanceof PatchOperation.Min min) {
      out.value(min.value());
      head(out, change, MIN);
    } else if (change instanceof PatchOperation.Max max) {
      out.value(max.value());
      head(out, change, MAX);
    } else if (change instanceof PatchOperation.Push push) {
      writePush(out, push);
    } else if (change instanceof PatchOperation.Pull pull) {
      values(out, pull.values());
      head(out, change, PULL);
    } else if (change instanceof PatchOperation.PullWhere pull) {
      out.block(FilterCodec.encode(pull.filter()));
      head(out, change, PULL_WHERE);
    } else if (change instanceof PatchOperation.AddToSet add) {
      values(out, add.values());
      head(out, change, ADD_TO_SET);
    } else if (change instanceof PatchOperation.Merge merge) {
      out.value(merge.patch());
      out.u8(MERGE);
    } else if (change instanceof PatchOperation.Replace replace) {
      out.value(replace.document());
      out.u8(REPLACE);
    }
  }

  private static void head(ByteWriter out, PatchOperation change, int code) {
    PathCodec.write(out, change.path());
    out.u8(code);
  }

  private static void values(ByteWriter out, List<JsonValue> values) {
    for (int i = values.size() - 1; i >= 0; i--) {
      out.value(values.get(i));
    }
    out.varint(values.size());
  }

  private static void writePush(ByteWriter out, PatchOperation.Push push) {
    int flags = 0;
    ArrayOrder order = push.order();
    if (order != null) {
      Path tie = order.tie();
      if (tie != null) {
        PathCodec.write(out, tie);
        flags |= TIE;
      }
      PathCodec.write(out, order.by());
      flags |= order.descending() ? ORDERED | DESCENDING : ORDERED;
    }
    Keep keep = push.keep();
    if (keep != null) {
      out.varint(keep.count());
      flags |= keep.last() ? KEEP_LAST : KEEP_FIRST;
    }
    out.u8(flags);
    values(out, push.values());
    head(out, push, PUSH);
  }

  private static PatchOperation read(ByteReader in) {
    int code = in.u8();
    return switch (code) {
      case SET -> new PatchOperation.Set(PathCodec.read(in), ValueCodec.read(in));
      case UNSET -> new PatchOperation.Unset(PathCodec.read(in));
      case INC -> new PatchOperation.Inc(PathCodec.read(in), number(in));
      case MIN -> new PatchOperation.Min(PathCodec.read(in), ValueCodec.read(in));
      case MAX -> new PatchOperation.Max(PathCodec.read(in), ValueCodec.read(in));
      case PUSH -> readPush(in);
      case PULL -> new PatchOperation.Pull(PathCodec.read(in), values(in));
      case PULL_WHERE ->
          new PatchOperation.PullWhere(PathCodec.read(in), FilterCodec.decode(in.block()));
      case ADD_TO_SET -> new PatchOperation.AddToSet(PathCodec.read(in), values(in));
      case MERGE -> new PatchOperation.Merge(object(in));
      case REPLACE -> new PatchOperation.Replace(object(in));
      default -> throw in.damaged("operation " + code);
    };
  }

  private static PatchOperation readPush(ByteReader in) {
    Path path = PathCodec.read(in);
    List<JsonValue> values = values(in);
    int flags = in.u8();
    boolean ordered = (flags & ORDERED) != 0;
    boolean keepFirst = (flags & KEEP_FIRST) != 0;
    boolean keepLast = (flags & KEEP_LAST) != 0;
    if (flags > 31 || (keepFirst && keepLast) || (!ordered && (flags & (DESCENDING | TIE)) != 0)) {
      throw in.damaged("flags " + flags);
    }
    Keep keep = null;
    if (keepFirst || keepLast) {
      long count = in.varint();
      if (count < 1 || count > Integer.MAX_VALUE) {
        throw in.damaged("keep " + count);
      }
      keep = new Keep((int) count, keepLast);
    }
    ArrayOrder order = null;
    if (ordered) {
      Path by = PathCodec.read(in);
      Path tie = (flags & TIE) != 0 ? PathCodec.read(in) : null;
      order = new ArrayOrder(by, (flags & DESCENDING) != 0, tie);
    }
    return new PatchOperation.Push(path, values, keep, order);
  }

  private static List<JsonValue> values(ByteReader in) {
    int count = in.count(1);
    List<JsonValue> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(ValueCodec.read(in));
    }
    return values;
  }

  private static JsonNumber number(ByteReader in) {
    if (ValueCodec.read(in) instanceof JsonNumber number) {
      return number;
    }
    throw in.damaged("no number");
  }

  private static JsonObject object(ByteReader in) {
    if (ValueCodec.read(in) instanceof JsonObject object) {
      return object;
    }
    throw in.damaged("no object");
  }
}
