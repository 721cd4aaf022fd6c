package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import io.henge.engine.KeySpace;
import java.util.ArrayList;
import java.util.List;

/** The bodies of the entries that {@link ReshapeCommand}s are in, and the rows that they leave. */
final class ReshapeCodec {
  private static final int FORMAT = 1;
  private static final int SEALED = 1;
  private static final int DONE = 1;

  private ReshapeCodec() {}

  /** About as many bytes as the body takes, or more. */
  static int capacity(ReshapeCommand command) {
    long bytes = 512;
    if (command instanceof ReshapeCommand.AbsorbRows absorbed) {
      for (RawRow row : absorbed.rows()) {
        bytes += row.bytes() + 16;
      }
    }
    return Math.toIntExact(bytes);
  }

  static void write(ByteWriter out, ReshapeCommand command) {
    if (command instanceof ReshapeCommand.Split split) {
      out.varint(split.operationId());
      out.varint(split.childId());
      out.block(split.at());
      out.varint(split.expectedEpoch());
      texts(out, split.memberNodeIds());
    } else if (command instanceof ReshapeCommand.Trim trim) {
      out.varint(trim.childIds().size());
      trim.childIds().forEach(out::varint);
    } else if (command instanceof ReshapeCommand.Freeze freeze) {
      out.varint(freeze.operationId());
      out.varint(freeze.intoShardId());
    } else if (command instanceof ReshapeCommand.Seal seal) {
      out.varint(seal.operationId());
    } else if (command instanceof ReshapeCommand.Thaw thaw) {
      out.varint(thaw.operationId());
    } else if (command instanceof ReshapeCommand.Absorb absorb) {
      out.varint(absorb.operationId());
      out.block(DescriptionCodec.encode(absorb.neighbour()));
    } else if (command instanceof ReshapeCommand.AbsorbRows absorbed) {
      write(out, absorbed);
    } else if (command instanceof ReshapeCommand.AbsorbCommit commit) {
      out.varint(commit.operationId());
      out.varint(commit.epoch());
      out.fixed64(commit.timeMillis());
      out.fixed64(commit.version());
      EntryCodec.encode(out, commit.catalogue());
      out.varint(commit.rows());
      out.fixed64(commit.checksum());
      if (!commit.ready().isEmpty()) {
        out.varint(commit.ready().size());
        commit.ready().forEach(id -> out.varint(Integer.toUnsignedLong(id)));
      }
    } else if (command instanceof ReshapeCommand.AbsorbAbort abort) {
      out.varint(abort.operationId());
    }
  }

  private static void write(ByteWriter out, ReshapeCommand.AbsorbRows absorbed) {
    out.varint(absorbed.operationId());
    out.block(absorbed.from());
    out.block(absorbed.to());
    out.varint(absorbed.rows().size());
    for (RawRow row : absorbed.rows()) {
      out.u8(row.space().code());
      out.block(row.key());
      out.block(row.value());
    }
  }

  static ReshapeCommand read(ByteReader in, EntryKind kind) {
    return switch (kind) {
      case SPLIT ->
          new ReshapeCommand.Split(in.varint(), in.varint(), in.block(), in.varint(), texts(in));
      case TRIM -> {
        int count = in.count(1);
        List<Long> childIds = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
          childIds.add(in.varint());
        }
        yield new ReshapeCommand.Trim(childIds);
      }
      case FREEZE -> new ReshapeCommand.Freeze(in.varint(), in.varint());
      case SEAL -> new ReshapeCommand.Seal(in.varint());
      case THAW -> new ReshapeCommand.Thaw(in.varint());
      case ABSORB ->
          new ReshapeCommand.Absorb(in.varint(), DescriptionCodec.decodeShard(in.block()));
      case ABSORB_ROWS ->
          new ReshapeCommand.AbsorbRows(in.varint(), in.block(), in.block(), rows(in));
      case ABSORB_COMMIT ->
          new ReshapeCommand.AbsorbCommit(
              in.varint(),
              in.varint(),
              in.fixed64(),
              in.fixed64(),
              EntryCodec.decodeCollections(in),
              in.notNegative(),
              in.fixed64(),
              ids(in));
      case ABSORB_ABORT -> new ReshapeCommand.AbsorbAbort(in.varint());
      default -> throw new IllegalStateException("no step of a reshaping: " + kind);
    };
  }

  /** At the end of an entry; versions that knew of none wrote nothing. */
  private static List<Integer> ids(ByteReader in) {
    List<Integer> ids = new ArrayList<>();
    if (in.remaining() > 0) {
      int count = in.count(1);
      for (int i = 0; i < count; i++) {
        ids.add(DerivedCodec.readId(in));
      }
    }
    return ids;
  }

  private static List<RawRow> rows(ByteReader in) {
    int count = in.count(3);
    List<RawRow> rows = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      rows.add(new RawRow(space(in), in.block(), in.block()));
    }
    return rows;
  }

  private static KeySpace space(ByteReader in) {
    int code = in.u8();
    for (KeySpace space : KeySpace.values()) {
      if (space.code() == code) {
        return space;
      }
    }
    throw in.damaged("key space " + code);
  }

  private static void texts(ByteWriter out, List<String> texts) {
    out.varint(texts.size());
    texts.forEach(out::text);
  }

  private static List<String> texts(ByteReader in) {
    int count = in.count(1);
    List<String> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      texts.add(in.text());
    }
    return texts;
  }

  // ---- Rows ----

  static byte[] encode(Child child) {
    ByteWriter out = new ByteWriter(256);
    out.u8(FORMAT);
    out.varint(child.operationId());
    out.block(DescriptionCodec.encode(child.description()));
    texts(out, child.members());
    out.fixed64(child.timeMillis());
    out.fixed64(child.version());
    return out.toBytes();
  }

  static Child decodeChild(byte[] row) {
    ByteReader in = reader("child row", row);
    long operationId = in.varint();
    ShardDescription description = DescriptionCodec.decodeShard(in.block());
    Child child =
        new Child(
            description.shardId(), operationId, description, texts(in), in.fixed64(), in.fixed64());
    in.end();
    return child;
  }

  static byte[] encode(Reshaping.Frozen frozen) {
    ByteWriter out = new ByteWriter(24);
    out.u8(FORMAT);
    out.varint(frozen.operationId());
    out.varint(frozen.intoShardId());
    out.u8(frozen.sealed() ? SEALED : 0);
    return out.toBytes();
  }

  static Reshaping.Frozen decodeFrozen(byte[] row) {
    ByteReader in = reader("frozen row", row);
    Reshaping.Frozen frozen = new Reshaping.Frozen(in.varint(), in.varint(), in.flag());
    in.end();
    return frozen;
  }

  static byte[] encode(Reshaping.Absorbing absorbing) {
    ByteWriter out = new ByteWriter(128);
    out.u8(FORMAT);
    out.varint(absorbing.operationId());
    out.block(DescriptionCodec.encode(absorbing.neighbour()));
    out.block(absorbing.position());
    out.varint(absorbing.rows());
    out.varint(absorbing.bytes());
    out.fixed64(absorbing.checksum());
    return out.toBytes();
  }

  static Reshaping.Absorbing decodeAbsorbing(byte[] row) {
    ByteReader in = reader("absorbing row", row);
    Reshaping.Absorbing absorbing =
        new Reshaping.Absorbing(
            in.varint(),
            DescriptionCodec.decodeShard(in.block()),
            in.block(),
            in.notNegative(),
            in.notNegative(),
            in.fixed64());
    in.end();
    return absorbing;
  }

  static byte[] encode(Reshaping.Operation operation) {
    ByteWriter out = new ByteWriter(16);
    out.u8(FORMAT);
    out.varint(operation.id());
    out.u8(operation.done() ? DONE : 0);
    return out.toBytes();
  }

  static Reshaping.Operation decodeOperation(byte[] row) {
    ByteReader in = reader("operation row", row);
    Reshaping.Operation operation = new Reshaping.Operation(in.varint(), in.flag());
    in.end();
    return operation;
  }

  static byte[] encodeUntrimmed(byte[] position) {
    ByteWriter out = new ByteWriter(8 + position.length);
    out.u8(FORMAT);
    out.block(position);
    return out.toBytes();
  }

  static byte[] decodeUntrimmed(byte[] row) {
    ByteReader in = reader("untrimmed row", row);
    byte[] position = in.block();
    in.end();
    return position;
  }

  /** The key of a row as a position: the key space's code, then the key. */
  static byte[] position(KeySpace space, byte[] key) {
    byte[] position = new byte[1 + key.length];
    position[0] = space.code();
    System.arraycopy(key, 0, position, 1, key.length);
    return position;
  }

  private static ByteReader reader(String what, byte[] row) {
    ByteReader in = new ByteReader(what, row);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    return in;
  }
}
