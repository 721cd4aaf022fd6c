package io.henge.document.filter;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.codec.ByteReader;
import io.henge.document.codec.ByteWriter;
import io.henge.document.codec.PathCodec;
import io.henge.document.codec.ValueCodec;
import io.henge.document.path.Path;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary form of filters, for the log: a format byte, then the filter.
 * docs/internals/documents-format.md has it byte by byte, golden files pin it. A filter that is not
 * {@link Filter#deterministic} has none.
 */
public final class FilterCodec {
  /** Newest format that this version reads, and the one it writes. */
  public static final int FORMAT = 1;

  private static final int FALSE = 0;
  private static final int TRUE = 1;
  private static final int COMPARE = 2;
  private static final int IN = 3;
  private static final int EXISTS = 4;
  private static final int PREFIX = 5;
  private static final int CONTAINS = 6;
  private static final int AND = 7;
  private static final int OR = 8;
  private static final int NOT = 9;

  private FilterCodec() {}

  /**
   * Encodes a filter.
   *
   * @throws HengeException INVALID_ARGUMENT if it is not deterministic
   */
  public static byte[] encode(Filter filter) {
    ByteWriter out = new ByteWriter(64);
    write(out, filter);
    out.u8(FORMAT);
    return out.toBytes();
  }

  /**
   * Decodes a filter.
   *
   * @throws HengeException CORRUPTION if the bytes are damaged or of a newer format
   */
  public static Filter decode(byte[] bytes) {
    ByteReader in = new ByteReader("filter", bytes);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    Filter filter;
    try {
      filter = new Reading(in).read(1);
    } catch (HengeException e) {
      throw e.code() == ErrorCode.CORRUPTION ? e : in.damaged(String.valueOf(e.getMessage()));
    }
    in.end();
    return filter;
  }

  private static void write(ByteWriter out, Filter filter) {
    if (filter instanceof Filter.Always always) {
      out.u8(always.value() ? TRUE : FALSE);
    } else if (filter instanceof Filter.Compare compare) {
      out.value(compare.value());
      out.u8(compare.operator().code());
      head(out, compare.path(), COMPARE);
    } else if (filter instanceof Filter.In in) {
      for (int i = in.values().size() - 1; i >= 0; i--) {
        out.value(in.values().get(i));
      }
      out.varint(in.values().size());
      head(out, in.path(), IN);
    } else if (filter instanceof Filter.Exists exists) {
      head(out, exists.path(), EXISTS);
    } else if (filter instanceof Filter.Prefix prefix) {
      out.text(prefix.prefix());
      head(out, prefix.path(), PREFIX);
    } else if (filter instanceof Filter.Contains contains) {
      out.value(contains.value());
      head(out, contains.path(), CONTAINS);
    } else if (filter instanceof Filter.And and) {
      several(out, and.filters(), AND);
    } else if (filter instanceof Filter.Or or) {
      several(out, or.filters(), OR);
    } else if (filter instanceof Filter.Not not) {
      write(out, not.filter());
      out.u8(NOT);
    } else {
      throw HengeException.invalid(
          "filter: patterns (matches) cannot be part of a write, only of a query; use =, in or"
              + " prefix");
    }
  }

  private static void head(ByteWriter out, Path path, int code) {
    PathCodec.write(out, path);
    out.u8(code);
  }

  private static void several(ByteWriter out, List<Filter> filters, int code) {
    for (int i = filters.size() - 1; i >= 0; i--) {
      write(out, filters.get(i));
    }
    out.varint(filters.size());
    out.u8(code);
  }

  private record Reading(ByteReader in) {

    private Filter read(int depth) {
      if (depth > DocumentLimits.FILTER_DEPTH_MAX) {
        throw in.damaged("deeper than " + DocumentLimits.FILTER_DEPTH_MAX);
      }
      int code = in.u8();
      return switch (code) {
        case FALSE -> new Filter.Always(false);
        case TRUE -> new Filter.Always(true);
        case COMPARE -> new Filter.Compare(PathCodec.read(in), operator(), ValueCodec.read(in));
        case IN -> oneOf();
        case EXISTS -> new Filter.Exists(PathCodec.read(in));
        case PREFIX -> new Filter.Prefix(PathCodec.read(in), in.text());
        case CONTAINS -> new Filter.Contains(PathCodec.read(in), ValueCodec.read(in));
        case AND -> new Filter.And(several(depth));
        case OR -> new Filter.Or(several(depth));
        case NOT -> new Filter.Not(read(depth + 1));
        default -> throw in.damaged("filter " + code);
      };
    }

    private Filter oneOf() {
      Path path = PathCodec.read(in);
      int count = count();
      List<JsonValue> values = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        values.add(ValueCodec.read(in));
      }
      Filter.In filter = new Filter.In(path, values);
      if (!filter.values().equals(values)) {
        throw in.damaged("values out of order");
      }
      return filter;
    }

    private List<Filter> several(int depth) {
      int count = count();
      List<Filter> filters = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        filters.add(read(depth + 1));
      }
      return filters;
    }

    private int count() {
      int count = in.count(1);
      if (count > DocumentLimits.FILTER_TERMS_MAX) {
        throw in.damaged(count + " parts");
      }
      return count;
    }

    private Operator operator() {
      int code = in.u8();
      for (Operator operator : Operator.values()) {
        if (operator.code() == code) {
          return operator;
        }
      }
      throw in.damaged("operator " + code);
    }
  }
}
