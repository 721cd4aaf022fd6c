package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import java.util.ArrayList;
import java.util.List;

/** What shards and collections are, as it stands in log entries and in SYSTEM rows. */
final class DescriptionCodec {
  private static final int FORMAT = 1;

  /** Of collections: as the first one, and where the documents have their keys. */
  private static final int FORMAT_DOCUMENTS = 2;

  /** As the second one, then indexes, rules and changes. */
  private static final int FORMAT_DERIVED = 3;

  private static final int DIVISIBLE = 1;
  private static final int DROPPED = 2;

  private DescriptionCodec() {}

  static byte[] encode(ShardDescription shard) {
    ByteWriter out = new ByteWriter(32 + shard.start().length + shard.end().length);
    out.u8(FORMAT);
    out.varint(shard.shardId());
    out.varint(shard.epoch());
    out.block(shard.start());
    out.block(shard.end());
    return out.toBytes();
  }

  static ShardDescription decodeShard(byte[] bytes) {
    ByteReader in = reader("shard description", bytes);
    ShardDescription shard = new ShardDescription(in.varint(), in.varint(), in.block(), in.block());
    in.end();
    return shard;
  }

  static byte[] encode(CollectionInfo collection) {
    CollectionInfo.Documents documents = collection.documents();
    ByteWriter out = new ByteWriter(40 + 3 * collection.name().length());
    // The newer one only where it is needed: no log has it before the cluster may write it.
    out.u8(
        documents == null ? FORMAT : documents.isDerivedFrom() ? FORMAT_DERIVED : FORMAT_DOCUMENTS);
    out.varint(Integer.toUnsignedLong(collection.id()));
    out.u8((collection.divisible() ? DIVISIBLE : 0) | (collection.dropped() ? DROPPED : 0));
    out.signed(collection.ttlMillisDefault());
    out.varint(collection.changedIn());
    out.text(collection.name());
    if (documents != null) {
      encode(out, documents.shardPaths());
      encode(out, documents.idPaths());
      out.text(documents.ttlPath());
      if (documents.isDerivedFrom()) {
        DerivedCodec.write(out, documents);
      }
    }
    return out.toBytes();
  }

  private static void encode(ByteWriter out, List<String> paths) {
    out.varint(paths.size());
    for (String path : paths) {
      out.text(path);
    }
  }

  private static List<String> decodePaths(ByteReader in) {
    int count = in.count(1);
    if (count == 0) {
      throw in.damaged("no paths");
    }
    List<String> paths = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      paths.add(in.text());
    }
    return paths;
  }

  static CollectionInfo decodeCollection(byte[] bytes) {
    ByteReader in = new ByteReader("collection description", bytes);
    int format = in.u8();
    if (format < FORMAT || format > FORMAT_DERIVED) {
      throw in.damaged("format " + format + ", known are 1 to 3");
    }
    long id = in.varint();
    if (id >>> Integer.SIZE != 0) {
      throw in.damaged("collection id " + id);
    }
    int flags = in.u8();
    if ((flags & ~(DIVISIBLE | DROPPED)) != 0) {
      throw in.damaged("flags " + flags);
    }
    long ttlMillis = in.signed();
    long changedIn = in.varint();
    String name = in.text();
    CollectionInfo.Documents documents = null;
    if (format != FORMAT) {
      documents = new CollectionInfo.Documents(decodePaths(in), decodePaths(in), in.text());
      if (format == FORMAT_DERIVED) {
        documents = DerivedCodec.read(in, documents);
      }
    }
    in.end();
    return new CollectionInfo(
        (int) id,
        name,
        ttlMillis,
        (flags & DIVISIBLE) != 0,
        (flags & DROPPED) != 0,
        changedIn,
        documents);
  }

  private static ByteReader reader(String what, byte[] bytes) {
    ByteReader in = new ByteReader(what, bytes);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    return in;
  }
}
