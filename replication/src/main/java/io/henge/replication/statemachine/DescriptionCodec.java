package io.henge.replication.statemachine;

/** What shards and collections are, as it stands in log entries and in SYSTEM rows. */
final class DescriptionCodec {
  private static final int FORMAT = 1;
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
    ByteWriter out = new ByteWriter(40 + 3 * collection.name().length());
    out.u8(FORMAT);
    out.varint(Integer.toUnsignedLong(collection.id()));
    out.u8((collection.divisible() ? DIVISIBLE : 0) | (collection.dropped() ? DROPPED : 0));
    out.signed(collection.ttlMillisDefault());
    out.varint(collection.changedIn());
    out.text(collection.name());
    return out.toBytes();
  }

  static CollectionInfo decodeCollection(byte[] bytes) {
    ByteReader in = reader("collection description", bytes);
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
    in.end();
    return new CollectionInfo(
        (int) id, name, ttlMillis, (flags & DIVISIBLE) != 0, (flags & DROPPED) != 0, changedIn);
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
