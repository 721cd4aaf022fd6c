package io.henge.replication.meta;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.MetaCommand;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log entry of the meta shard. Permanent; golden tests pin it.
 *
 * <pre>
 *   format (1) | kind (1) | proposer (8) | term (8) | sequence (8) | time (8) | MetaCommand (protobuf)
 * </pre>
 *
 * <p>Numbers are big endian. The header has the layout of the entries of data shards, with a kind
 * that those do not have: an entry in the wrong log is refused.
 *
 * @param proposer incarnation id of the node that proposed it, as a number
 * @param term of the leadership it was proposed in
 * @param sequence tells the proposer's entries apart
 * @param timeMillis the proposer's time, milliseconds since 1970
 */
record MetaEntry(long proposer, long term, long sequence, long timeMillis, MetaCommand command) {
  static final int FORMAT = 1;
  static final int KIND = 64;
  static final int HEADER_BYTES = 2 + 4 * Long.BYTES;

  byte[] encode() {
    byte[] body = command.toByteArray();
    return ByteBuffer.allocate(HEADER_BYTES + body.length)
        .put((byte) FORMAT)
        .put((byte) KIND)
        .putLong(proposer)
        .putLong(term)
        .putLong(sequence)
        .putLong(timeMillis)
        .put(body)
        .array();
  }

  /**
   * Reads an entry.
   *
   * @throws HengeException CORRUPTION if any of it is not known to this version: it must not be
   *     skipped, since other replicas may know what it does
   */
  static MetaEntry decode(byte[] entry) {
    if (entry.length < HEADER_BYTES) {
      throw damaged("has " + entry.length + " bytes, less than its header", null);
    }
    ByteBuffer in = ByteBuffer.wrap(entry);
    int format = in.get();
    if (format != FORMAT) {
      throw damaged("has format " + format + ", known is " + FORMAT, null);
    }
    int kind = in.get();
    if (kind != KIND) {
      throw damaged("is of kind " + kind + ", known is " + KIND, null);
    }
    long proposer = in.getLong();
    long term = in.getLong();
    long sequence = in.getLong();
    long timeMillis = in.getLong();
    try {
      MetaCommand command = MetaCommand.parser().parseFrom(entry, in.position(), in.remaining());
      String unknown = unknownField(command);
      if (unknown != null) {
        throw damaged("has a field that this version does not know, in " + unknown, null);
      }
      return new MetaEntry(proposer, term, sequence, timeMillis, command);
    } catch (InvalidProtocolBufferException e) {
      throw damaged("holds no command that can be read", e);
    }
  }

  /** Name of a message in this one that has fields which this version does not know, or null. */
  static @Nullable String unknownField(Message message) {
    if (!message.getUnknownFields().equals(UnknownFieldSet.getDefaultInstance())) {
      return message.getDescriptorForType().getName();
    }
    for (var field : message.getAllFields().entrySet()) {
      if (field.getKey().getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        Object value = field.getValue();
        List<?> values = value instanceof List<?> list ? list : List.of(value);
        for (Object each : values) {
          String unknown = unknownField((Message) each);
          if (unknown != null) {
            return unknown;
          }
        }
      }
    }
    return null;
  }

  private static HengeException damaged(String what, @Nullable Throwable cause) {
    return new HengeException(
        ErrorCode.CORRUPTION,
        "an entry in the log of the meta shard "
            + what
            + ": run the version that wrote it, or restore this node from its peers",
        cause);
  }
}
