package io.henge.client.testing;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.item.SessionToken;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.Consistency;
import io.henge.api.v1.Error;
import io.henge.api.v1.Found;
import io.henge.api.v1.Item;
import io.henge.api.v1.ItemKey;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.RangeResponse;
import io.henge.api.v1.ReadLevel;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.ReadResponse;
import io.henge.api.v1.Replica;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.Response;
import io.henge.api.v1.SessionPart;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.Value;
import io.henge.api.v1.WriteRequest;
import io.henge.api.v1.WriteResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A ring whose shards split, merge, move and change leaders, and which answers as nodes do. Items
 * are kept with all their versions, so that replicas can be as far behind as a read allows.
 *
 * <p>Boundaries fall inside item collections whose sharding key begins with {@link #DIVISIBLE}, and
 * between tokens everywhere. Of one thread.
 */
public final class ReshapedRing {
  /** The first part of sharding keys whose items may be divided. */
  public static final String DIVISIBLE = "divisible";

  private static final int SHARDS_MAX = 12;

  /** A shard as it is now; changed in place but for its range. */
  private static final class Shard {
    final long id;
    final long epoch;
    final byte[] start;
    final byte[] end;
    final List<String> replicas;
    String leader;
    long confIndex = 1;

    /** Version when it got its range: no replica with this range is behind that. */
    final long bornAt;

    long version;

    Shard(long id, long epoch, byte[] start, byte[] end, Shard like, long bornAt) {
      this(id, epoch, start, end, like.replicas, like.leader, bornAt);
    }

    Shard(
        long id,
        long epoch,
        byte[] start,
        byte[] end,
        List<String> replicas,
        String leader,
        long bornAt) {
      this.id = id;
      this.epoch = epoch;
      this.start = start;
      this.end = end;
      this.replicas = new ArrayList<>(replicas);
      this.leader = leader;
      this.bornAt = bornAt;
      this.version = bornAt;
    }

    boolean contains(byte[] key) {
      return Arrays.compareUnsigned(key, start) >= 0
          && (end.length == 0 || Arrays.compareUnsigned(key, end) < 0);
    }

    boolean containsBefore(byte[] key) {
      return Arrays.compareUnsigned(key, start) > 0
          && (end.length == 0 || Arrays.compareUnsigned(key, end) <= 0);
    }

    ShardDescriptor descriptor() {
      ShardDescriptor.Builder descriptor =
          ShardDescriptor.newBuilder()
              .setShardId(id)
              .setEpoch(epoch)
              .setStart(ByteString.copyFrom(start))
              .setEnd(ByteString.copyFrom(end))
              .setLeaderNodeId(leader)
              .setConfIndex(confIndex);
      replicas.forEach(node -> descriptor.addReplicas(Replica.newBuilder().setNodeId(node)));
      return descriptor.build();
    }
  }

  private final Random random;
  private final List<String> nodes;
  private final List<Shard> shards = new ArrayList<>();
  private final List<ShardDescriptor> past = new ArrayList<>();
  private final NavigableMap<byte[], NavigableMap<Long, Item>> items =
      new TreeMap<>(Arrays::compareUnsigned);
  private final Map<RequestId, Response> records = new HashMap<>();
  private long lastShard = 1;
  private long clock = 1_000;
  private int splits;
  private int merges;
  private int wrongShards;
  private int partialPages;

  ReshapedRing(Random random, List<String> nodes) {
    this.random = random;
    this.nodes = nodes;
    shards.add(new Shard(1, 1, new byte[0], new byte[0], nodes.subList(0, 3), nodes.get(0), clock));
  }

  public int splits() {
    return splits;
  }

  public int merges() {
    return merges;
  }

  /** Requests that went astray. */
  public int wrongShards() {
    return wrongShards;
  }

  /** Pages that ended where the shard's range did. */
  public int partialPages() {
    return partialPages;
  }

  /** Writes that took effect. */
  public int effects() {
    return records.size();
  }

  /** The item as it is now. */
  public @Nullable Item item(byte[] key) {
    NavigableMap<Long, Item> versions = items.get(key);
    return versions == null ? null : versions.lastEntry().getValue();
  }

  List<ShardDescriptor> descriptors() {
    return shards.stream().map(Shard::descriptor).toList();
  }

  // ---- Change ----

  void change() {
    shards.forEach(shard -> past.add(shard.descriptor()));
    int kind = random.nextInt(10);
    int at = random.nextInt(shards.size());
    Shard shard = shards.get(at);
    if (kind < 4 && shards.size() < SHARDS_MAX) {
      split(at, shard);
    } else if (kind < 7 && at + 1 < shards.size()) {
      merge(at, shard, shards.get(at + 1));
    } else if (kind < 8) {
      move(shard);
    } else {
      shard.leader = any(shard.replicas);
    }
  }

  private void split(int at, Shard shard) {
    List<byte[]> keys = items.keySet().stream().filter(shard::contains).toList();
    if (keys.isEmpty()) {
      return;
    }
    byte[] key = any(keys);
    boolean inside = isDivisible(key) && random.nextInt(3) > 0;
    byte[] boundary = inside ? key : Arrays.copyOf(key, PhysicalKey.TOKEN_BYTES);
    if (!shard.contains(boundary) || Arrays.equals(boundary, shard.start)) {
      return;
    }
    long epoch = shard.epoch + 1;
    Shard left = new Shard(shard.id, epoch, shard.start, boundary, shard, shard.version);
    Shard right = new Shard(++lastShard, epoch, boundary, shard.end, shard, shard.version);
    right.leader = any(right.replicas);
    shards.set(at, left);
    shards.add(at + 1, right);
    splits++;
  }

  private void merge(int at, Shard left, Shard right) {
    long epoch = Math.max(left.epoch, right.epoch) + 1;
    long version = Math.max(left.version, right.version);
    Shard into = random.nextBoolean() ? left : right;
    shards.set(at, new Shard(into.id, epoch, left.start, right.end, into, version));
    shards.remove(at + 1);
    merges++;
  }

  private void move(Shard shard) {
    List<String> spare = new ArrayList<>(nodes);
    spare.removeAll(shard.replicas);
    String gone = any(shard.replicas);
    shard.replicas.remove(gone);
    shard.replicas.add(any(spare));
    shard.confIndex++;
    if (shard.leader.equals(gone)) {
      shard.leader = any(shard.replicas);
    }
  }

  private static boolean isDivisible(byte[] key) {
    byte[] sharding =
        Arrays.copyOfRange(key, PhysicalKey.TOKEN_BYTES, PhysicalKey.endOfShardingKey(key));
    return Key.fromEncoded(sharding).parts().get(0).equals(DIVISIBLE);
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  // ---- Requests ----

  Response execute(String node, Request request) {
    List<byte[]> keys = new ArrayList<>();
    byte[] before = null;
    switch (request.getBodyCase()) {
      case WRITE -> request.getWrite().getMutationsList().forEach(m -> keys.add(key(request, m)));
      case READ -> request.getRead().getItemsList().forEach(item -> keys.add(key(request, item)));
      case RANGE -> {
        Bounds bounds = bounds(request.getRange());
        before = request.getRange().getReverse() ? bounds.to : null;
        keys.add(request.getRange().getReverse() ? bounds.to : bounds.from);
      }
      case FIND, CHANGES, VERIFY, BODY_NOT_SET ->
          throw new IllegalArgumentException("no body known here");
    }
    Shard shard = null;
    for (Shard each : shards) {
      boolean holds = before == null ? each.contains(keys.get(0)) : each.containsBefore(before);
      shard = holds ? each : shard;
    }
    if (shard == null) {
      throw new IllegalStateException("the ring has a gap");
    }
    Shard found = shard;
    boolean together = before != null || keys.stream().allMatch(found::contains);
    long asked = request.getShardId();
    if (!together || (asked != 0 && asked != shard.id)) {
      wrongShards++;
      return wrongShard(request, shard);
    }
    ReadLevel level = level(request);
    boolean leaderOnly = level.getConsistency() == Consistency.CONSISTENCY_LINEARIZABLE;
    if (leaderOnly ? !node.equals(shard.leader) : !shard.replicas.contains(node)) {
      return FakeHenge.notLeader(random.nextInt(5) == 0 ? "" : shard.leader);
    }
    Response answer =
        switch (request.getBodyCase()) {
          case WRITE -> write(shard, request.getWrite(), keys);
          case READ -> read(shard, request.getRead(), keys);
          default -> range(shard, request.getRange());
        };
    return asked == shard.id && request.getShardEpoch() == shard.epoch
        ? answer
        : answer.toBuilder().setShard(shard.descriptor()).build();
  }

  /**
   * As a rule all that hold what the shard once did; from nodes that lag behind, less, or worse.
   */
  private Response wrongShard(Request request, Shard right) {
    List<ShardDescriptor> told = new ArrayList<>();
    switch (random.nextInt(6)) {
      case 0 -> told.add(right.descriptor());
      case 1 -> told.add(any(shards).descriptor());
      case 2 -> told.add(any(past));
      case 3 -> {
        told.addAll(descriptors());
        told.addAll(past.subList(Math.max(0, past.size() - 20), past.size()));
        Collections.shuffle(told, random);
      }
      case 4 -> {}
      default -> told.addAll(descriptors());
    }
    return Response.newBuilder()
        .setError(
            Error.newBuilder()
                .setCode(ErrorCode.WRONG_SHARD.number())
                .setMessage("not in shard " + request.getShardId())
                .addAllShards(told))
        .build();
  }

  private static ReadLevel level(Request request) {
    return switch (request.getBodyCase()) {
      case READ -> request.getRead().getLevel();
      case RANGE -> request.getRange().getLevel();
      default -> ReadLevel.getDefaultInstance();
    };
  }

  private Response write(Shard shard, WriteRequest write, List<byte[]> keys) {
    Response known = records.get(write.getRequestId());
    if (known != null) {
      return known;
    }
    clock += random.nextInt(5);
    WriteResponse.Builder answer = WriteResponse.newBuilder();
    for (int i = 0; i < keys.size(); i++) {
      Mutation mutation = write.getMutations(i);
      Item before = item(keys.get(i));
      shard.version = Math.max(shard.version + 1, clock);
      Value value =
          mutation.hasPut()
              ? mutation.getPut().getValue()
              : Value.newBuilder()
                  .setCounter(
                      (before == null ? 0 : before.getValue().getCounter())
                          + mutation.getAdd().getDelta())
                  .build();
      Item after =
          Item.newBuilder()
              .setSortKey(mutation.getSortKey())
              .setValue(value)
              .setVersion(shard.version)
              .build();
      items.computeIfAbsent(keys.get(i), key -> new TreeMap<>()).put(shard.version, after);
      answer.addResultsBuilder().setVersion(shard.version).setCounter(value.getCounter());
    }
    Response response =
        Response.newBuilder().setWrite(answer.setShardVersion(shard.version)).build();
    records.put(write.getRequestId(), response);
    return response;
  }

  /** The version that the replica is at which answers: as old as it may be. */
  private long version(Shard shard, ReadLevel level) {
    if (level.getConsistency() == Consistency.CONSISTENCY_LINEARIZABLE) {
      return shard.version;
    }
    SessionToken token = SessionToken.EMPTY;
    for (SessionPart part : level.getSessionList()) {
      token = token.with(part.getFirstToken(), part.getLastToken(), part.getVersion());
    }
    long least = Math.max(shard.bornAt, token.versionFor(shard.start, shard.end));
    // A leader serves what nobody has reached, as it is.
    return least >= shard.version
        ? shard.version
        : least + random.nextInt((int) (shard.version - least) + 1);
  }

  private @Nullable Item at(byte[] key, long version) {
    NavigableMap<Long, Item> versions = items.get(key);
    Map.Entry<Long, Item> entry = versions == null ? null : versions.floorEntry(version);
    return entry == null ? null : entry.getValue();
  }

  private Response read(Shard shard, ReadRequest read, List<byte[]> keys) {
    long version = version(shard, read.getLevel());
    ReadResponse.Builder answer = ReadResponse.newBuilder().setShardVersion(version);
    for (byte[] key : keys) {
      Item item = at(key, version);
      answer.addFound(item == null ? Found.newBuilder() : Found.newBuilder().setItem(item));
    }
    return Response.newBuilder().setRead(answer).build();
  }

  private record Bounds(byte[] prefix, byte[] from, byte[] to) {}

  private static Bounds bounds(RangeRequest range) {
    Key shardingKey = key(range.getShardingKey());
    byte[] prefix = PhysicalKey.prefix(shardingKey, range.getCollectionId());
    byte[] from =
        range.hasFrom()
            ? PhysicalKey.of(shardingKey, range.getCollectionId(), key(range.getFrom()))
            : prefix;
    byte[] to =
        range.hasTo()
            ? PhysicalKey.of(shardingKey, range.getCollectionId(), key(range.getTo()))
            : PhysicalKey.endOfPrefix(prefix);
    if (!range.getCursor().isEmpty()) {
      byte[] wire = range.getCursor().toByteArray();
      ScanCursor cursor = ScanCursor.decode(wire, prefix, range.getReverse(), 4096);
      return range.getReverse()
          ? new Bounds(prefix, from, cursor.earlierEnd(to))
          : new Bounds(prefix, cursor.laterStart(from), to);
    }
    return new Bounds(prefix, from, to);
  }

  private Response range(Shard shard, RangeRequest range) {
    long version = version(shard, range.getLevel());
    Bounds bounds = bounds(range);
    boolean reverse = range.getReverse();
    List<byte[]> keys =
        new ArrayList<>(
            items.keySet().stream()
                .filter(shard::contains)
                .filter(key -> Arrays.compareUnsigned(key, bounds.from) >= 0)
                .filter(key -> Arrays.compareUnsigned(key, bounds.to) < 0)
                .filter(key -> at(key, version) != null)
                .toList());
    if (reverse) {
      Collections.reverse(keys);
    }
    int limit = range.getLimit() == 0 ? 10 : range.getLimit();
    RangeResponse.Builder answer = RangeResponse.newBuilder().setShardVersion(version);
    keys.stream().limit(limit).forEach(key -> answer.addItems(at(key, version)));
    ScanCursor cursor = null;
    if (keys.size() > limit) {
      cursor = ScanCursor.after(keys.get(limit - 1), reverse);
    } else if (reverse && Arrays.compareUnsigned(bounds.from, shard.start) < 0) {
      cursor = new ScanCursor(true, shard.start);
      partialPages++;
    } else if (!reverse
        && shard.end.length != 0
        && Arrays.compareUnsigned(shard.end, bounds.to) < 0) {
      cursor = new ScanCursor(false, shard.end);
      partialPages++;
    }
    if (cursor != null) {
      answer.setCursor(ByteString.copyFrom(cursor.encode(bounds.prefix)));
    }
    return Response.newBuilder().setRange(answer).build();
  }

  private static byte[] key(Request request, Mutation mutation) {
    return PhysicalKey.of(
        key(request.getWrite().getShardingKey()),
        mutation.getCollectionId(),
        key(mutation.getSortKey()));
  }

  private static byte[] key(Request request, ItemKey item) {
    return PhysicalKey.of(
        key(request.getRead().getShardingKey()), item.getCollectionId(), key(item.getSortKey()));
  }

  private static Key key(io.henge.api.v1.Key key) {
    return Key.fromEncoded(key.getEncoded().toByteArray());
  }
}
