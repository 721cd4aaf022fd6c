package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * A row of how many sources a holder has, and what they sum up to: in INDEX, under the rule's id
 * and the holder's sort key, whether or not there is a holder.
 *
 * <pre>
 *   format (1 byte: 1) | repairs (varint) | count (signed) | scale of the sum (signed) | its digits (block)
 * </pre>
 *
 * @param repairs how often the row was mended
 * @param count of the sources. Below zero only if rows were damaged, which is for a repair to find
 * @param sum without zeros at its end, so that equal sums are equal bytes
 */
record FamilyTotal(long repairs, long count, BigDecimal sum) {
  static final FamilyTotal NONE = new FamilyTotal(0, 0, BigDecimal.ZERO);
  private static final int FORMAT = 1;

  FamilyTotal {
    sum = canonical(sum);
  }

  /** One form for each number, whatever it was added up from. */
  static BigDecimal canonical(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }

  FamilyTotal plus(long moreCount, BigDecimal moreSum) {
    return new FamilyTotal(repairs, count + moreCount, sum.add(moreSum));
  }

  /** Whether the row says nothing that its absence would not. */
  boolean isNone() {
    return repairs == 0 && count == 0 && sum.signum() == 0;
  }

  byte[] encode() {
    ByteWriter out = new ByteWriter(32);
    out.u8(FORMAT);
    out.varint(repairs);
    out.signed(count);
    out.signed(sum.scale());
    out.block(sum.unscaledValue().toByteArray());
    return out.toBytes();
  }

  static FamilyTotal decode(byte[] row) {
    ByteReader in = new ByteReader("total", row);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    long repairs = in.varint();
    long count = in.signed();
    long scale = in.signed();
    byte[] digits = in.block();
    in.end();
    if (digits.length == 0 || scale != (int) scale) {
      throw in.damaged("scale " + scale + ", " + digits.length + " bytes of digits");
    }
    return new FamilyTotal(repairs, count, new BigDecimal(new BigInteger(digits), (int) scale));
  }
}
