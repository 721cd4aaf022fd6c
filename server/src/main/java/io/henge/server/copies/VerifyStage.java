package io.henge.server.copies;

import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.RingRange;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Where a verification of copies stands. A part of the ring, what one shard has when it is begun,
 * is gone through by phases; each phase goes over all of the part, whichever shards have it by
 * then: so splits and merges leave nothing out. As bytes, part of the wire: phase, and three blocks
 * (length of 2 bytes): start and end of the part, position.
 *
 * @param part the end is empty at the end of the ring; has no meaning at START
 * @param position in rows that are not in the order of the ring; empty = from the first
 */
record VerifyStage(Phase phase, RingRange part, byte[] position) {
  private static final byte[] NONE = {};

  /** Their order is that in which they come. */
  enum Phase {
    START(0),
    HOLDERS(1),
    DOCUMENTS(2),
    SOURCES(3);

    private final int code;

    Phase(int code) {
      this.code = code;
    }

    /** Not of the last one. */
    Phase next() {
      return of(code + 1);
    }

    static Phase of(int code) {
      return switch (code) {
        case 0 -> START;
        case 1 -> HOLDERS;
        case 2 -> DOCUMENTS;
        case 3 -> SOURCES;
        default -> throw HengeException.invalid("stage: that of an earlier answer expected");
      };
    }
  }

  static final VerifyStage FIRST = new VerifyStage(Phase.START, new RingRange(NONE, NONE), NONE);

  VerifyStage at(byte[] newPosition) {
    return new VerifyStage(phase, part, newPosition);
  }

  VerifyStage in(Phase newPhase, RingRange newPart) {
    return new VerifyStage(newPhase, newPart, NONE);
  }

  byte[] encode() {
    if (phase == Phase.START) {
      return new byte[] {0};
    }
    ByteBuffer out =
        ByteBuffer.allocate(
            1 + 3 * Short.BYTES + part.start().length + part.end().length + position.length);
    out.put((byte) phase.code);
    for (byte[] block : new byte[][] {part.start(), part.end(), position}) {
      out.putShort((short) block.length).put(block);
    }
    return out.array();
  }

  /** Fails with INVALID_ARGUMENT if these are no stage. */
  static VerifyStage decode(byte[] bytes) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      int phase = in.get();
      if (phase == 0 && bytes.length == 1) {
        return FIRST;
      }
      byte[] start = block(in);
      byte[] end = block(in);
      byte[] position = block(in);
      boolean empty = end.length != 0 && Arrays.compareUnsigned(start, end) >= 0;
      if (phase != 0 && !in.hasRemaining() && !empty) {
        return new VerifyStage(Phase.of(phase), new RingRange(start, end), position);
      }
    } catch (BufferUnderflowException e) {
      // As below.
    }
    throw HengeException.invalid("stage: that of an earlier answer expected");
  }

  private static byte[] block(ByteBuffer in) {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] block = new byte[length];
    in.get(block);
    return block;
  }
}
