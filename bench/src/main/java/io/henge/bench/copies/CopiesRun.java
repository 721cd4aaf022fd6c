package io.henge.bench.copies;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import io.henge.client.Admin;
import io.henge.client.ClientOptions;
import io.henge.client.ClientStatistics;
import io.henge.client.ClusterStatus;
import io.henge.client.DocumentCollection;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Reads the documents of one sharding key again and again, by turns: with the copies that they
 * hold, and without them, fetching each source once, all at the same time, as a careful application
 * would.
 */
public final class CopiesRun {
  private static final int WARM_UP_DIVISOR = 5;

  private final HengeClient client;
  private final DocumentCollection<JsonObject> holders;
  private final Key shardingKey;
  private final List<LookUp> lookUps;
  private final FindOptions whole;
  private final FindOptions bare;

  private CopiesRun(
      HengeClient client,
      String collection,
      Key shardingKey,
      List<String> fields,
      List<LookUp> lookUps) {
    this.client = client;
    this.holders = client.documents(collection);
    this.shardingKey = shardingKey;
    this.lookUps = lookUps;
    List<String> copies =
        lookUps.stream().flatMap(lookUp -> lookUp.fields().keySet().stream()).sorted().toList();
    Set<String> needed = new LinkedHashSet<>(fields);
    lookUps.forEach(lookUp -> needed.add(lookUp.on()));
    this.bare = FindOptions.ALL.fields(needed.toArray(String[]::new));
    this.whole =
        FindOptions.ALL.fields(
            Stream.concat(needed.stream(), copies.stream()).toArray(String[]::new));
  }

  /**
   * Runs it all; blocks until done.
   *
   * @param connect addresses of a cluster
   * @param collection whose documents hold copies
   * @param shardingKey of the family
   * @param fields what the reader wants beside copies and what names their sources
   * @param rounds of each way to read, after some to warm up
   */
  public static CopiesReport run(
      List<String> connect, String collection, Key shardingKey, List<String> fields, int rounds) {
    try (HengeClient client = HengeClient.connect(connect, ClientOptions.DEFAULT)) {
      List<LookUp> lookUps = lookUps(client, collection);
      return new CopiesRun(client, collection, shardingKey, fields, lookUps).run(rounds);
    }
  }

  /** What the collection's copies spare: those in documents themselves, of sources by one value. */
  private static List<LookUp> lookUps(HengeClient client, String collection) {
    List<LookUp> lookUps = new ArrayList<>();
    for (Admin.CopyStatus status : client.admin().copies()) {
      CopyRule rule = status.copy().declaration().rule();
      boolean fromElsewhere =
          rule.getKind() == CopyKind.COPY_KIND_SNAPSHOT
              || rule.getKind() == CopyKind.COPY_KIND_FOLLOW;
      if (status.holder().equals(collection)
          && !status.dropped()
          && fromElsewhere
          && rule.getTarget().isEmpty()
          && rule.getOnCount() == 1) {
        Map<String, String> members = new LinkedHashMap<>();
        rule.getFieldsList().forEach(field -> members.put(field.getAs(), field.getPath()));
        lookUps.add(new LookUp(rule.getSource(), rule.getOn(0), members));
      }
    }
    if (lookUps.isEmpty()) {
      throw HengeException.invalid(
          "collection: found no copies in documents of "
              + collection
              + " to measure, expected such as: copy products(name) into orders on product_id at"
              + " write");
    }
    return lookUps;
  }

  private CopiesReport run(int rounds) {
    List<JsonObject> copied = withCopies();
    List<JsonObject> joined = withLookUps();
    Set<Key> sources = new HashSet<>();
    Set<Integer> shards = new HashSet<>();
    List<ClusterStatus.Shard> ring = client.admin().status().shards();
    shards.add(shard(ring, shardingKey));
    for (LookUp lookUp : lookUps) {
      for (JsonObject holder : joined) {
        Key source = source(holder, lookUp);
        if (source != null) {
          sources.add(source);
          shards.add(shard(ring, source));
        }
      }
    }
    Meter copies = new Meter();
    Meter looks = new Meter();
    for (int i = 0; i < rounds / WARM_UP_DIVISOR; i++) {
      withCopies();
      withLookUps();
    }
    for (int i = 0; i < rounds; i++) {
      copies.measure(this::withCopies);
      looks.measure(this::withLookUps);
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("collection", holders.name());
    settings.put("sharding key", shardingKey.toString());
    settings.put("rounds", rounds);
    settings.put("processors", Runtime.getRuntime().availableProcessors());
    settings.put("nodes", client.admin().status().nodes().size());
    return new CopiesReport(
        settings,
        copied.size(),
        sources.size(),
        shards.size(),
        differing(copied, joined),
        copies.cost(rounds),
        looks.cost(rounds));
  }

  private List<JsonObject> withCopies() {
    return found(whole);
  }

  private List<JsonObject> withLookUps() {
    List<JsonObject> documents = found(bare);
    for (LookUp lookUp : lookUps) {
      documents = joined(documents, lookUp);
    }
    return documents;
  }

  private List<JsonObject> found(FindOptions what) {
    List<JsonObject> documents = new ArrayList<>();
    holders.find(shardingKey, what).forEachRemaining(stored -> documents.add(stored.document()));
    return documents;
  }

  private List<JsonObject> joined(List<JsonObject> documents, LookUp lookUp) {
    var sources = client.documents(lookUp.collection()).async();
    Map<Key, CompletableFuture<Optional<Stored<JsonObject>>>> asked = new LinkedHashMap<>();
    for (JsonObject document : documents) {
      Key source = source(document, lookUp);
      if (source != null) {
        asked.computeIfAbsent(source, key -> sources.get(key, Key.EMPTY, ReadOptions.LINEARIZABLE));
      }
    }
    List<JsonObject> joined = new ArrayList<>(documents.size());
    for (JsonObject document : documents) {
      Key key = source(document, lookUp);
      Optional<Stored<JsonObject>> source =
          key == null ? Optional.empty() : Objects.requireNonNull(asked.get(key)).join();
      JsonObject with = document;
      for (Map.Entry<String, String> field : new TreeMap<>(lookUp.fields()).entrySet()) {
        JsonValue value =
            source.map(stored -> stored.document().get(field.getValue())).orElse(null);
        if (value != null) {
          with = with.with(field.getKey(), value);
        }
      }
      joined.add(with);
    }
    return joined;
  }

  private static @Nullable Key source(JsonObject document, LookUp lookUp) {
    JsonValue value = document.get(lookUp.on());
    if (value instanceof JsonText text) {
      return Key.of(text.value());
    }
    return value instanceof JsonNumber number && number.isLong()
        ? Key.of(number.longValue())
        : null;
  }

  /** The order of members differs, and null says the same as nothing. */
  private static int differing(List<JsonObject> some, List<JsonObject> others) {
    int differing = Math.abs(some.size() - others.size());
    for (int i = 0; i < Math.min(some.size(), others.size()); i++) {
      if (!members(some.get(i)).equals(members(others.get(i)))) {
        differing++;
      }
    }
    return differing;
  }

  private static Map<String, JsonValue> members(JsonObject document) {
    Map<String, JsonValue> members = new TreeMap<>();
    document.forEach(
        (name, value) -> {
          if (!(value instanceof JsonNull)) {
            members.put(name, value);
          }
        });
    return members;
  }

  private static int shard(List<ClusterStatus.Shard> ring, Key shardingKey) {
    byte[] key = PhysicalKey.itemCollection(shardingKey);
    for (int i = 0; i < ring.size(); i++) {
      byte[] end = ring.get(i).end();
      if (Arrays.compareUnsigned(ring.get(i).start(), key) <= 0
          && (end.length == 0 || Arrays.compareUnsigned(key, end) < 0)) {
        return i;
      }
    }
    throw new IllegalStateException("no shard has " + shardingKey);
  }

  /** Adds up what readings cost. */
  private final class Meter {
    private final Histogram nanos = new Histogram(3);
    private long requests;
    private long bytes;

    void measure(Runnable reading) {
      ClientStatistics before = client.statistics();
      long begun = System.nanoTime();
      reading.run();
      nanos.recordValue(System.nanoTime() - begun);
      ClientStatistics after = client.statistics();
      requests += after.attempts() - before.attempts();
      bytes += after.bytesSent() - before.bytesSent();
      bytes += after.bytesReceived() - before.bytesReceived();
    }

    CopiesReport.Cost cost(int rounds) {
      return new CopiesReport.Cost(
          nanos.getValueAtPercentile(50) / 1000,
          nanos.getValueAtPercentile(99) / 1000,
          (double) requests / rounds,
          (double) bytes / rounds);
    }
  }
}
