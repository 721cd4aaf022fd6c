package io.henge.router.meta;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.RememberedResult;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.OperationRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * How rows are stored. Permanent: golden tests pin it.
 *
 * <pre>
 *   'c'                     ClusterRow
 *   'n' node id             NodeRecord
 *   'l' collection id (4)   CollectionRecord
 *   'o' operation id (8)    OperationRecord
 *   's' shard id (8)        ShardRow
 *   'r' number (8)          RememberedResult
 * </pre>
 */
final class MetaRows {
  private static final byte CLUSTER = 'c';
  private static final byte NODE = 'n';
  private static final byte COLLECTION = 'l';
  private static final byte OPERATION = 'o';
  private static final byte SHARD = 's';
  private static final byte RESULT = 'r';

  private MetaRows() {}

  static MetaRow of(ClusterRow row) {
    return new MetaRow(new byte[] {CLUSTER}, bytes(row));
  }

  static MetaRow of(NodeRecord row) {
    byte[] id = row.getNodeId().getBytes(StandardCharsets.UTF_8);
    return new MetaRow(ByteBuffer.allocate(1 + id.length).put(NODE).put(id).array(), bytes(row));
  }

  static MetaRow of(CollectionRecord row) {
    return new MetaRow(
        ByteBuffer.allocate(1 + Integer.BYTES).put(COLLECTION).putInt(row.getId()).array(),
        bytes(row));
  }

  static MetaRow of(ShardRow row) {
    return new MetaRow(key(SHARD, row.getShardId()), bytes(row));
  }

  static MetaRow of(OperationRecord row) {
    return new MetaRow(key(OPERATION, row.getOperationId()), bytes(row));
  }

  static MetaRow forgotten(OperationRecord row) {
    return new MetaRow(key(OPERATION, row.getOperationId()), null);
  }

  static MetaRow of(RememberedResult row) {
    return new MetaRow(key(RESULT, row.getNumber()), bytes(row));
  }

  static MetaRow forgotten(RememberedResult row) {
    return new MetaRow(key(RESULT, row.getNumber()), null);
  }

  /** Reads a stored row. */
  static void read(byte[] key, byte[] value, Loader into) {
    try {
      switch (key.length == 0 ? 0 : key[0]) {
        case CLUSTER -> into.cluster = ClusterRow.parseFrom(value);
        case NODE -> into.nodes.add(NodeRecord.parseFrom(value));
        case COLLECTION -> into.collections.add(CollectionRecord.parseFrom(value));
        case SHARD -> into.shards.add(ShardRow.parseFrom(value));
        case OPERATION -> into.operations.add(OperationRecord.parseFrom(value));
        case RESULT -> into.results.add(RememberedResult.parseFrom(value));
        default -> throw damaged("a kind of row that this version does not know", key, null);
      }
    } catch (InvalidProtocolBufferException e) {
      throw damaged("a row that cannot be read", key, e);
    }
  }

  /** Equal messages give equal bytes, whatever the order in which their maps were filled. */
  static byte[] bytes(Message message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new IllegalStateException("a message does not fit its own size", e);
    }
    return bytes;
  }

  private static byte[] key(byte kind, long id) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(kind).putLong(id).array();
  }

  private static HengeException damaged(String what, byte[] key, @Nullable Throwable cause) {
    return new HengeException(
        ErrorCode.CORRUPTION,
        "the meta shard holds "
            + what
            + " (key "
            + HexFormat.of().formatHex(key)
            + "): run the version that wrote it, or restore this node from its peers",
        cause);
  }
}
