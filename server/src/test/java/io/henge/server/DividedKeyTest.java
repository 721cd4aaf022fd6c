package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.api.v1.Add;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.ItemKey;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.OperationState;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.WriteRequest;
import io.henge.client.Batch;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.WriteOptions;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A boundary inside the items of one sharding key, in a collection that allows it. */
@Timeout(120)
class DividedKeyTest {
  private static final OperationState DONE = OperationState.OPERATION_STATE_DONE;
  private static final Key ROOM = Key.of("room");
  private static final long ITEMS = 400;
  private static final WriteOptions LONG = WriteOptions.DEFAULT.timeout(Duration.ofSeconds(60));

  @TempDir private Path directory;

  private static Batch counting(Key... sortKeys) {
    Batch batch = Batch.on(ROOM);
    for (Key sortKey : sortKeys) {
      batch = batch.increment("counts", sortKey, 1);
    }
    return batch;
  }

  @Test
  void shouldServeAllButWhatMustBeInOneShard() throws Exception {
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 3, 1, ReshapeStep.Hook.NONE);
        HengeClient client = cluster.connect()) {
      CollectionOptions divisible = new CollectionOptions(Duration.ZERO, true, false);
      client.admin().createCollection("chat", divisible);
      client.admin().createCollection("counts", divisible);
      ItemCollection chat = client.collection("chat");
      for (long i = 0; i < ITEMS; i++) {
        chat.put(ROOM, Key.of(i), Value.of(("message " + i + " ").repeat(30)));
      }
      // Before the boundary is there, all of a sharding key is in one shard.
      client.write(batch("chat", 0, ITEMS - 1), LONG);
      cluster.await(cluster.split(1), DONE);
      assertThat(cluster.rows()).hasSize(2);
      Key boundary = PhysicalKey.sortKey(cluster.rows().get(1).getStart().toByteArray());

      requireReads(chat);
      requireRefusal(client, boundary);
      requireRefusalOverGrpc(cluster);
      client.write(batch("chat", 0, 1), LONG);
      client.write(batch("chat", ITEMS - 2, ITEMS - 1), LONG);
      client.write(counting(Key.of(0), Key.of(ITEMS)), LONG);

      cluster.await(cluster.merge(1), DONE);
      client.write(batch("chat", 0, ITEMS - 1), LONG);
      requireReads(chat);
    }
  }

  /** Changes nothing in what the items look like to the rest of the test. */
  private static Batch batch(String collection, long... numbers) {
    Batch batch = Batch.on(ROOM);
    for (long number : numbers) {
      batch = batch.append(collection, Key.of(number), new byte[0]);
    }
    return batch;
  }

  private static void requireReads(ItemCollection chat) {
    List<Key> all = new ArrayList<>(LongStream.range(0, ITEMS).mapToObj(Key::of).toList());
    for (boolean reverse : new boolean[] {false, true}) {
      List<Key> found = new ArrayList<>();
      ScanOptions scan = new ScanOptions(null, null, reverse, 33, null);
      Iterator<Item> items = chat.iterate(ROOM, scan, ReadOptions.LINEARIZABLE);
      items.forEachRemaining(item -> found.add(item.sortKey()));
      assertThat(found).isEqualTo(all);
      Collections.reverse(all);
    }
    Collections.shuffle(all, Seed.random("DividedKeyTest"));
    all.add(7, Key.of("none"));
    List<Optional<Item>> found = chat.getAll(ROOM, all, ReadOptions.LINEARIZABLE);
    assertThat(found).hasSameSizeAs(all);
    for (int i = 0; i < all.size(); i++) {
      Optional<Key> expected = i == 7 ? Optional.empty() : Optional.of(all.get(i));
      assertThat(found.get(i).map(Item::sortKey)).isEqualTo(expected);
    }
  }

  private static void requireRefusal(HengeClient client, Key boundary) {
    long attempts = client.statistics().attempts();
    assertThatThrownBy(() -> client.write(batch("chat", 1, 0, ITEMS - 1), LONG))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining("sharding key \"room\"")
        .hasMessageContaining("shard 1 holds it up to chat " + boundary + " (exclusive)")
        .hasMessageContaining("shard 2 holds from chat " + boundary + " to the end")
        .hasMessageContaining("Mutation 0 lies in shard 1, mutation 2 in shard 2");
    assertThat(client.statistics().attempts() - attempts).isLessThan(10);
  }

  private static io.henge.api.v1.Key wire(String text) {
    return io.henge.api.v1.Key.newBuilder().addParts(KeyPart.newBuilder().setText(text)).build();
  }

  private static io.henge.api.v1.Key wire(long number) {
    return io.henge.api.v1.Key.newBuilder()
        .addParts(KeyPart.newBuilder().setInteger(number))
        .build();
  }

  /** Through any node, of callers who know nothing of shards. */
  private static void requireRefusalOverGrpc(ReshapeCluster cluster) throws InterruptedException {
    for (HengeNode node : cluster.nodes()) {
      ManagedChannel channel =
          ManagedChannelBuilder.forTarget(node.clientAddress()).usePlaintext().build();
      try {
        HengeGrpc.HengeBlockingStub stub = HengeGrpc.newBlockingStub(channel);
        WriteRequest.Builder write = WriteRequest.newBuilder().setShardingKey(wire("room"));
        ReadRequest.Builder read = ReadRequest.newBuilder().setShardingKey(wire("room"));
        for (long number : new long[] {0, ITEMS - 1}) {
          write.addMutations(
              Mutation.newBuilder()
                  .setCollection("chat")
                  .setSortKey(wire(number))
                  .setAdd(Add.newBuilder().setDelta(1)));
          read.addItems(ItemKey.newBuilder().setCollection("chat").setSortKey(wire(number)));
        }
        Request.Builder request = Request.newBuilder().setTimeoutMillis(60_000);
        Response refused = stub.execute(request.setWrite(write).build());
        assertThat(ErrorCode.of(refused.getError().getCode()))
            .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refused.getError().getMessage()).contains("shard 1", "shard 2", "\"room\"");
        requireShards(refused);
        Response divided = stub.execute(request.setRead(read).build());
        assertThat(ErrorCode.of(divided.getError().getCode())).isEqualTo(ErrorCode.WRONG_SHARD);
        requireShards(divided);
      } finally {
        channel.shutdownNow();
        channel.awaitTermination(5, TimeUnit.SECONDS);
      }
    }
  }

  private static void requireShards(Response refused) {
    assertThat(refused.getError().getShardsList())
        .extracting(ShardDescriptor::getShardId)
        .containsExactlyInAnyOrder(1L, 2L);
  }
}
