package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.ByteReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of the rows that copies of other families stand on; docs/internals/documents.md
 * has them, golden files pin them. Every value begins with a format byte.
 *
 * <pre>
 *   KNOWN    rule (4), key of the source
 *              version (8), fields (block, empty = there is no source), 0 or 1 and the range
 *   HOLDERS  rule (4), length of the source's key (2), key of the source, key of the holder
 *              version of its copy (8); of a snapshot, format 2: and a checksum of what was copied (8)
 *   OUTBOX   rule (4), key of the source
 *              the shard's version when it was made (8): its upper bits are the time
 *   WATCHES  token, sharding key, 00, rule (4), sort key of the source
 *              count, each: range, number (varint)
 *   FANOUT   as WATCHES
 *              version to be sent (8), the shard's version when it was made (8)
 * </pre>
 */
final class FollowRows {
  private static final int FORMAT = 1;
  private static final int SNAPSHOT_FORMAT = 2;
  private static final byte[] NO_FIELDS = new byte[0];

  /** Parts of a WATCHES row at most; joined over what lies between them if there are more. */
  static final int RANGES_MAX = 1_000;

  private FollowRows() {}

  /** Key of KNOWN and of OUTBOX. */
  static byte[] sourceRow(int ruleId, byte[] sourceKey) {
    return ByteBuffer.allocate(Integer.BYTES + sourceKey.length)
        .putInt(ruleId)
        .put(sourceKey)
        .array();
  }

  /** What the rows of a rule in KNOWN, HOLDERS and OUTBOX begin with. */
  static byte[] ruleRows(int ruleId) {
    return sourceRow(ruleId, NO_FIELDS);
  }

  static SourceKey source(byte[] sourceRow) {
    if (sourceRow.length <= Integer.BYTES) {
      throw new ByteReader("key of a source", sourceRow).damaged("it is too short");
    }
    return new SourceKey(
        ByteBuffer.wrap(sourceRow).getInt(),
        Arrays.copyOfRange(sourceRow, Integer.BYTES, sourceRow.length));
  }

  /** What the HOLDERS rows of a source begin with. */
  static byte[] holdersOf(int ruleId, byte[] sourceKey) {
    return holdersOf(ruleId, sourceKey, NO_FIELDS);
  }

  static byte[] holder(int ruleId, byte[] sourceKey, byte[] holderKey) {
    return holdersOf(ruleId, sourceKey, holderKey);
  }

  private static byte[] holdersOf(int ruleId, byte[] sourceKey, byte[] holderKey) {
    return ByteBuffer.allocate(Integer.BYTES + Short.BYTES + sourceKey.length + holderKey.length)
        .putInt(ruleId)
        .putShort((short) sourceKey.length)
        .put(sourceKey)
        .put(holderKey)
        .array();
  }

  /** The source in a HOLDERS key. */
  static SourceKey heldSource(byte[] holdersRow) {
    int at = Integer.BYTES + Short.BYTES;
    int length = holdersRow.length - at - holderKey(holdersRow).length;
    return new SourceKey(
        ByteBuffer.wrap(holdersRow).getInt(), Arrays.copyOfRange(holdersRow, at, at + length));
  }

  /** The holder's physical key in a HOLDERS key. */
  static byte[] holderKey(byte[] holdersRow) {
    int at = Integer.BYTES + Short.BYTES;
    int length =
        holdersRow.length < at
            ? Integer.MAX_VALUE
            : Short.toUnsignedInt(ByteBuffer.wrap(holdersRow).getShort(Integer.BYTES));
    if (length >= holdersRow.length - at) {
      throw new ByteReader("key of a holder", holdersRow).damaged("it is too short");
    }
    return Arrays.copyOfRange(holdersRow, at + length, holdersRow.length);
  }

  /** Key of WATCHES and of FANOUT: the source's, with the rule in the place of the collection. */
  static byte[] watch(int ruleId, byte[] sourceKey) {
    byte[] key = sourceKey.clone();
    ByteBuffer.wrap(key).putInt(PhysicalKey.endOfShardingKey(key) + 1, ruleId);
    return key;
  }

  /** The rule in a key of WATCHES or FANOUT. */
  static int watchedRule(byte[] watchRow) {
    return PhysicalKey.collectionId(watchRow);
  }

  /** Key of the source in a key of WATCHES or FANOUT. */
  static byte[] watchedSource(byte[] watchRow, int sourceCollectionId) {
    return watch(sourceCollectionId, watchRow);
  }

  /**
   * A row of KNOWN.
   *
   * @param version of the state that is known; 0 = none is
   * @param fields null if there is no source
   * @param range where the shard is registered for all of its holders; null = nowhere
   */
  record Known(long version, byte @Nullable [] fields, @Nullable RingRange range) {
    byte[] encode() {
      ByteWriter out = new ByteWriter(64 + (fields == null ? 0 : fields.length));
      out.u8(FORMAT);
      out.fixed64(version);
      out.block(fields == null ? NO_FIELDS : fields);
      out.u8(range == null ? 0 : 1);
      if (range != null) {
        range.write(out);
      }
      return out.toBytes();
    }

    static Known decode(byte[] row) {
      ByteReader in = open("known source", row);
      long version = in.fixed64();
      byte[] fields = in.block();
      Known known =
          new Known(
              version, fields.length == 0 ? null : fields, in.flag() ? RingRange.read(in) : null);
      in.end();
      return known;
    }

    Known withRange(@Nullable RingRange newRange) {
      return new Known(version, fields, newRange);
    }
  }

  /**
   * A part of the ring where there are holders.
   *
   * @param number version of the shard when the part, or one that touches it, was last registered
   */
  record Watch(RingRange range, long number) {}

  /**
   * A row of WATCHES.
   *
   * @param watches apart, in order
   */
  record Watches(List<Watch> watches) {
    static final Watches NONE = new Watches(List.of());

    Watches {
      watches = List.copyOf(watches);
    }

    /** With one more part; those that touch it become one with it, under a new number. */
    Watches with(RingRange range, long number) {
      RingRange joined = range;
      List<Watch> others = new ArrayList<>();
      for (Watch watch : watches) {
        // In order, so whatever touches the growing part comes one after the other.
        if (watch.range().touches(joined)) {
          joined = joined.join(watch.range());
        } else {
          others.add(watch);
        }
      }
      int at = 0;
      while (at < others.size()
          && Arrays.compareUnsigned(others.get(at).range().start(), joined.start()) < 0) {
        at++;
      }
      others.add(at, new Watch(joined, number));
      return new Watches(others.size() > RANGES_MAX ? coarser(others, number) : others);
    }

    /** Neighbours made one, two and two: watching too much does no harm. */
    private static List<Watch> coarser(List<Watch> fine, long number) {
      List<Watch> coarse = new ArrayList<>();
      for (int i = 0; i < fine.size(); i += 2) {
        RingRange range = fine.get(i).range();
        if (i + 1 < fine.size()) {
          range = range.join(fine.get(i + 1).range());
        }
        coarse.add(new Watch(range, number));
      }
      return coarse;
    }

    /** Without a part, as far as it still has this number or an older one. */
    Watches without(RingRange range, long number) {
      List<Watch> left = new ArrayList<>();
      for (Watch watch : watches) {
        RingRange common = watch.number() <= number ? watch.range().common(range) : null;
        if (common == null) {
          left.add(watch);
          continue;
        }
        RingRange before = watch.range().before(common.start());
        if (before != null) {
          left.add(new Watch(before, watch.number()));
        }
        RingRange behind = watch.range().behind(common.end());
        if (behind != null) {
          left.add(new Watch(behind, watch.number()));
        }
      }
      return new Watches(left);
    }

    byte[] encode() {
      ByteWriter out = new ByteWriter(64);
      out.u8(FORMAT);
      out.varint(watches.size());
      for (Watch watch : watches) {
        watch.range().write(out);
        out.varint(watch.number());
      }
      return out.toBytes();
    }

    static Watches decode(byte[] row) {
      ByteReader in = open("watched ranges", row);
      int count = in.count(3);
      List<Watch> watches = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        watches.add(new Watch(RingRange.read(in), in.notNegative()));
      }
      in.end();
      return new Watches(watches);
    }
  }

  /**
   * A row of FANOUT.
   *
   * @param version of the state that every holder is still to reach
   * @param since version of the shard when the oldest change of it was made
   */
  record Fanout(long version, long since) {
    byte[] encode() {
      return numbers(version, since);
    }

    static Fanout decode(byte[] row) {
      ByteReader in = open("fan-out", row);
      Fanout fanout = new Fanout(in.fixed64(), in.fixed64());
      in.end();
      return fanout;
    }
  }

  /** Value of HOLDERS (version of the copy) and of OUTBOX (version of the shard). */
  static byte[] number(long number) {
    return numbers(number);
  }

  static long number(byte[] row) {
    ByteReader in = open("version", row);
    long number = in.fixed64();
    in.end();
    return number;
  }

  /**
   * Value of HOLDERS of a snapshot.
   *
   * @param version of the source's state that was copied
   * @param checksum of what was copied
   */
  record Taken(long version, long checksum) {
    byte[] encode() {
      ByteWriter out = new ByteWriter(1 + 2 * Long.BYTES);
      out.u8(SNAPSHOT_FORMAT);
      out.fixed64(version);
      out.fixed64(checksum);
      return out.toBytes();
    }

    static Taken decode(byte[] row) {
      ByteReader in = open("snapshot", row, SNAPSHOT_FORMAT);
      Taken taken = new Taken(in.fixed64(), in.fixed64());
      in.end();
      return taken;
    }
  }

  /** Fails with CORRUPTION if a value is none of HOLDERS. */
  static void checkHolder(byte[] row) {
    if (row.length > 0 && row[0] == SNAPSHOT_FORMAT) {
      Taken.decode(row);
    } else {
      number(row);
    }
  }

  /** The time in a version, milliseconds since 1970. */
  static long millis(long version) {
    return version >>> 16;
  }

  private static byte[] numbers(long... numbers) {
    ByteWriter out = new ByteWriter(1 + numbers.length * Long.BYTES);
    out.u8(FORMAT);
    for (long number : numbers) {
      out.fixed64(number);
    }
    return out.toBytes();
  }

  private static ByteReader open(String what, byte[] row) {
    return open(what, row, FORMAT);
  }

  private static ByteReader open(String what, byte[] row, int known) {
    ByteReader in = new ByteReader(what, row);
    int format = in.u8();
    if (format != known) {
      throw in.damaged("format " + format + ", known is " + known);
    }
    return in;
  }
}
