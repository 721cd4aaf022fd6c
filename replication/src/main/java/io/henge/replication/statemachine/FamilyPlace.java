package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the verification of a large family stands. As bytes a key that lies behind all documents of
 * the family, part of the wire:
 *
 * <pre>
 *   token, sharding key, 00 | FFFFFFFF | step (1) | rank (1) | flags (1: 1 = mended) | position without its first part, which is the family's
 * </pre>
 *
 * Immutable; the arrays must not be changed.
 *
 * @param family what all its keys begin with
 * @param rank of the holders that TOTALS and FIELDS look at; else 0
 * @param mended whether something of the family has been mended so far
 * @param position last key that the step has looked at; empty = none
 */
public record FamilyPlace(byte[] family, Step step, int rank, boolean mended, byte[] position) {
  /** No collection, index or rule has this id. */
  private static final int NOWHERE = -1;

  private static final int HEAD_BYTES = Integer.BYTES + 3;
  private static final byte[] NONE = {};

  /** What is looked at. Numbers are on the wire. */
  enum Step {
    /** Documents: are their rows there? */
    DOCUMENTS(1),
    /** Rows: do documents give them? */
    ROWS(2),
    /** Totals of holders of a rank, in one pass over all sources. */
    TOTALS(3),
    /** Fields of holders of a rank. */
    FIELDS(4);

    private final int code;

    Step(int code) {
      this.code = code;
    }

    static @Nullable Step of(int code) {
      for (Step one : values()) {
        if (one.code == code) {
          return one;
        }
      }
      return null;
    }
  }

  static FamilyPlace start(byte[] family) {
    return new FamilyPlace(family, Step.DOCUMENTS, 0, false, NONE);
  }

  FamilyPlace at(byte[] newPosition) {
    return new FamilyPlace(family, step, rank, mended, newPosition);
  }

  FamilyPlace in(Step newStep, int newRank) {
    return new FamilyPlace(family, newStep, newRank, mended, NONE);
  }

  /** The same, with something mended. */
  public FamilyPlace asMended() {
    return new FamilyPlace(family, step, rank, true, position);
  }

  /** As a cursor. */
  public byte[] encode() {
    int more = position.length == 0 ? 0 : position.length - family.length;
    return ByteBuffer.allocate(family.length + HEAD_BYTES + more)
        .put(family)
        .putInt(NOWHERE)
        .put((byte) step.code)
        .put((byte) rank)
        .put((byte) (mended ? 1 : 0))
        .put(position, position.length - more, more)
        .array();
  }

  /** Null if the bytes are no such place: then they are a key like any other. */
  public static @Nullable FamilyPlace decode(byte[] cursor) {
    int end = cursor.length > PhysicalKey.TOKEN_BYTES ? PhysicalKey.endOfShardingKey(cursor) : -1;
    if (end < 0 || end + 1 + HEAD_BYTES > cursor.length) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(cursor, end + 1, cursor.length - end - 1);
    if (in.getInt() != NOWHERE) {
      return null;
    }
    Step step = Step.of(in.get());
    int rank = in.get();
    int flags = in.get();
    int more = in.remaining();
    if (step == null || rank < 0 || (flags & ~1) != 0 || (more > 0 && more < Integer.BYTES)) {
      return null;
    }
    byte[] family = Arrays.copyOf(cursor, end + 1);
    byte[] position = NONE;
    if (more > 0) {
      position = Arrays.copyOf(family, family.length + more);
      in.get(position, family.length, more);
    }
    return new FamilyPlace(family, step, rank, flags == 1, position);
  }

  /** Whether both are of one family. */
  public boolean isIn(byte[] otherFamily) {
    return Arrays.equals(family, otherFamily);
  }
}
