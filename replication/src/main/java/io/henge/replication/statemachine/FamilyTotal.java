package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A row of how many sources a holder has, and what they sum up to: in INDEX, under the rule's id
 * and the holder's sort key, whether or not there is a holder.
 *
 * <pre>
 *   format (1 byte: 1) | repairs (varint) | count (signed) | scale of the sum (signed) | its digits (block)
 *   format (1 byte: 2) | the same, and of a recount: position (block) | count | scale | digits
 * </pre>
 *
 * @param repairs how often the row was mended
 * @param count of the sources. Below zero only if rows were damaged, which is for a repair to find
 * @param sum without zeros at its end, so that equal sums are equal bytes
 * @param recount how far somebody has got who counts anew; null if nobody does
 */
record FamilyTotal(long repairs, long count, BigDecimal sum, @Nullable Recount recount) {
  static final FamilyTotal NONE = new FamilyTotal(0, 0, BigDecimal.ZERO);
  private static final int FORMAT = 1;
  private static final int FORMAT_RECOUNT = 2;

  /**
   * What the sources up to a position give, as they are now.
   *
   * @param position key of a source, which is counted; empty = nothing is
   */
  record Recount(byte[] position, long count, BigDecimal sum) {
    Recount {
      sum = canonical(sum);
    }

    Recount plus(long moreCount, BigDecimal moreSum) {
      return new Recount(position, count + moreCount, sum.add(moreSum));
    }

    Recount at(byte[] newPosition) {
      return new Recount(newPosition, count, sum);
    }

    /** Whether a source has been counted, or would have been. */
    boolean covers(byte[] sourceKey) {
      return Arrays.compareUnsigned(sourceKey, position) <= 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Recount recount
          && count == recount.count
          && sum.equals(recount.sum)
          && Arrays.equals(position, recount.position);
    }

    @Override
    public int hashCode() {
      return Objects.hash(Arrays.hashCode(position), count, sum);
    }
  }

  FamilyTotal {
    sum = canonical(sum);
  }

  FamilyTotal(long repairs, long count, BigDecimal sum) {
    this(repairs, count, sum, null);
  }

  /** One form for each number, whatever it was added up from. */
  static BigDecimal canonical(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }

  FamilyTotal plus(long moreCount, BigDecimal moreSum) {
    return new FamilyTotal(repairs, count + moreCount, sum.add(moreSum), recount);
  }

  FamilyTotal with(@Nullable Recount newRecount) {
    return new FamilyTotal(repairs, count, sum, newRecount);
  }

  /** Whether the row says nothing that its absence would not. */
  boolean isNone() {
    return repairs == 0 && count == 0 && sum.signum() == 0 && recount == null;
  }

  byte[] encode() {
    Recount counted = recount;
    ByteWriter out = new ByteWriter(32);
    out.u8(counted == null ? FORMAT : FORMAT_RECOUNT);
    out.varint(repairs);
    write(out, count, sum);
    if (counted != null) {
      out.block(counted.position());
      write(out, counted.count(), counted.sum());
    }
    return out.toBytes();
  }

  private static void write(ByteWriter out, long count, BigDecimal sum) {
    out.signed(count);
    out.signed(sum.scale());
    out.block(sum.unscaledValue().toByteArray());
  }

  static FamilyTotal decode(byte[] row) {
    ByteReader in = new ByteReader("total", row);
    int format = in.u8();
    if (format != FORMAT && format != FORMAT_RECOUNT) {
      throw in.damaged("format " + format + ", known are 1 and 2");
    }
    long repairs = in.varint();
    long count = in.signed();
    BigDecimal sum = sum(in);
    Recount recount = null;
    if (format == FORMAT_RECOUNT) {
      byte[] position = in.block();
      long counted = in.signed();
      recount = new Recount(position, counted, sum(in));
    }
    in.end();
    return new FamilyTotal(repairs, count, sum, recount);
  }

  private static BigDecimal sum(ByteReader in) {
    long scale = in.signed();
    byte[] digits = in.block();
    if (digits.length == 0 || scale != (int) scale) {
      throw in.damaged("scale " + scale + ", " + digits.length + " bytes of digits");
    }
    return new BigDecimal(new BigInteger(digits), (int) scale);
  }
}
