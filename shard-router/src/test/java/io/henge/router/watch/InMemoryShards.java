package io.henge.router.watch;

import com.google.protobuf.ByteString;
import io.henge.api.changes.ChangePart;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Change;
import io.henge.api.v1.ChangeKind;
import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.ChangesResponse;
import io.henge.api.v1.KeyPart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Shards without nodes: documents whose sharding keys are whole numbers, changed by a test that
 * also splits and merges. Answers come when the test says so, in any order, or fail. One thread.
 */
final class InMemoryShards implements Shards {
  /** A change, or a document as it is. */
  record Row(long version, int key, boolean present) {}

  private static final class Shard {
    byte[] start;
    byte[] end;
    long version;
    final TreeMap<byte[], Row> changes = new TreeMap<>(Arrays::compareUnsigned);

    Shard(byte[] start, byte[] end, long version) {
      this.start = start;
      this.end = end;
      this.version = version;
    }

    boolean contains(byte[] key) {
      return new ChangePart(start, end, new byte[0]).contains(key);
    }
  }

  private final Random random;
  private final List<Shard> shards = new ArrayList<>();
  private final TreeMap<byte[], Row> documents = new TreeMap<>(Arrays::compareUnsigned);
  private final List<Runnable> waiting = new ArrayList<>();
  private List<byte[]> believedEnds = new ArrayList<>();
  int mostWaiting;
  long asked;

  InMemoryShards(Random random) {
    this.random = random;
    shards.add(new Shard(new byte[0], new byte[0], 1));
    learn();
  }

  static byte[] physicalKey(int key) {
    return PhysicalKey.of(Key.of((long) key), 1, Key.EMPTY);
  }

  private Shard shardOf(byte[] key) {
    return shards.stream().filter(shard -> shard.contains(key)).findFirst().orElseThrow();
  }

  /** Changes a document; its version. */
  long change(int key) {
    byte[] physical = physicalKey(key);
    Shard shard = shardOf(physical);
    shard.version += 1 + random.nextInt(3);
    Row row = new Row(shard.version, key, false);
    byte[] behind = ChangePart.behind(shard.version, physical);
    shard.changes.put(Arrays.copyOf(behind, behind.length - 1), row);
    documents.put(physical, new Row(shard.version, key, true));
    return shard.version;
  }

  void split(int key) {
    byte[] at = Arrays.copyOf(physicalKey(key), PhysicalKey.TOKEN_BYTES);
    Shard left = shardOf(at);
    if (Arrays.equals(at, left.start)) {
      return;
    }
    Shard right = new Shard(at, left.end, left.version);
    right.changes.putAll(left.changes);
    left.end = at;
    shards.add(shards.indexOf(left) + 1, right);
  }

  void merge(int index) {
    if (index + 1 < shards.size()) {
      Shard left = shards.get(index);
      Shard right = shards.remove(index + 1);
      left.version = Math.max(left.version, right.version);
      right.changes.forEach(
          (key, row) -> {
            if (right.contains(physicalKey(row.key()))) {
              left.changes.put(key, row);
            }
          });
      left.end = right.end;
    }
  }

  int count() {
    return shards.size();
  }

  /** The map is told of the ring. */
  void learn() {
    believedEnds = new ArrayList<>();
    shards.forEach(shard -> believedEnds.add(shard.end));
  }

  @Override
  public byte @Nullable [] endOfShard(byte[] key) {
    for (byte[] end : believedEnds) {
      if (end.length == 0 || Arrays.compareUnsigned(key, end) < 0) {
        return end;
      }
    }
    return null;
  }

  @Override
  public void ask(
      ChangesRequest request, BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> answer) {
    asked++;
    waiting.add(() -> serve(request, answer));
    mostWaiting = Math.max(mostWaiting, waiting.size());
  }

  @Override
  public void later(Runnable task, long millis) {
    waiting.add(task);
  }

  /** Lets something happen that waits; false if nothing does. */
  boolean step() {
    if (waiting.isEmpty()) {
      return false;
    }
    waiting.remove(random.nextInt(waiting.size())).run();
    return true;
  }

  private void serve(
      ChangesRequest request, BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> answer) {
    if (random.nextInt(10) == 0) {
      answer.accept(null, new HengeException(ErrorCode.UNAVAILABLE, "by chance"));
      return;
    }
    Shard shard = shardOf(request.getParts(0).getStart().toByteArray());
    ChangesResponse.Builder response = ChangesResponse.newBuilder();
    List<ChangePart> parts = new ArrayList<>();
    for (io.henge.api.v1.ChangePart wire : request.getPartsList()) {
      byte[] start = wire.getStart().toByteArray();
      byte[] end = wire.getEnd().toByteArray();
      boolean beyond =
          shard.end.length != 0 && (end.length == 0 || Arrays.compareUnsigned(shard.end, end) < 0);
      ChangePart part =
          new ChangePart(start, beyond ? shard.end : end, wire.getFrom().toByteArray());
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    int limit = 1 + random.nextInt(5);
    byte[] reached = ChangePart.behind(shard.version);
    if (request.getParts(0).getNow()) {
      parts.forEach(part -> add(response, new ChangePart(part.start(), part.end(), reached)));
    } else if (parts.get(0).isScan()) {
      scan(response, parts.get(0), limit, reached);
    } else {
      stream(response, shard, parts, limit, reached);
    }
    answer.accept(response.build(), null);
  }

  private void scan(ChangesResponse.Builder response, ChangePart part, int limit, byte[] reached) {
    byte[] last = null;
    for (Map.Entry<byte[], Row> each : documents.tailMap(part.start(), true).entrySet()) {
      if (!part.contains(each.getKey())) {
        break;
      }
      if (response.getChangesCount() == limit && last != null) {
        byte[] next = Arrays.copyOf(last, last.length + 1);
        add(response, new ChangePart(part.start(), next, reached));
        add(response, ChangePart.scan(next, part.end()));
        return;
      }
      response.addChanges(change(each.getValue(), ChangeKind.CHANGE_KIND_PRESENT));
      last = each.getKey();
    }
    add(response, new ChangePart(part.start(), part.end(), reached));
  }

  private void stream(
      ChangesResponse.Builder response,
      Shard shard,
      List<ChangePart> parts,
      int limit,
      byte[] reached) {
    byte[] position = reached;
    for (Map.Entry<byte[], Row> each : shard.changes.entrySet()) {
      byte[] key = physicalKey(each.getValue().key());
      boolean wanted =
          parts.stream()
              .anyMatch(
                  part ->
                      part.contains(key)
                          && Arrays.compareUnsigned(each.getKey(), part.from()) >= 0);
      if (!wanted) {
        continue;
      }
      if (response.getChangesCount() == limit) {
        Change last = response.getChanges(limit - 1);
        position =
            ChangePart.behind(
                last.getVersion(),
                physicalKey((int) last.getShardingKey().getParts(0).getInteger()));
        break;
      }
      response.addChanges(change(each.getValue(), ChangeKind.CHANGE_KIND_PUT));
    }
    for (ChangePart part : parts) {
      add(response, part.advancedTo(position));
    }
  }

  private static Change change(Row row, ChangeKind kind) {
    return Change.newBuilder()
        .setKind(kind)
        .setVersion(row.version())
        .setCollectionId(1)
        .setShardingKey(
            io.henge.api.v1.Key.newBuilder().addParts(KeyPart.newBuilder().setInteger(row.key())))
        .build();
  }

  private static void add(ChangesResponse.Builder response, ChangePart part) {
    response
        .addPartsBuilder()
        .setStart(ByteString.copyFrom(part.start()))
        .setEnd(ByteString.copyFrom(part.end()))
        .setFrom(ByteString.copyFrom(part.from()));
  }
}
