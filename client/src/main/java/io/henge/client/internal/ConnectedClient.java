package io.henge.client.internal;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.FoundItem;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.Response;
import io.henge.api.v1.Trace;
import io.henge.api.v1.WriteResponse;
import io.henge.client.Admin;
import io.henge.client.Batch;
import io.henge.client.ClientOptions;
import io.henge.client.ClientStatistics;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentMapper;
import io.henge.client.Explanation;
import io.henge.client.FamilyItem;
import io.henge.client.FamilyPage;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import io.henge.client.Operations;
import io.henge.client.ReadOptions;
import io.henge.client.Session;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import io.henge.client.internal.batch.Loop;
import io.henge.client.internal.batch.NodeTransport;
import io.henge.client.internal.grpc.GrpcTransport;
import io.henge.client.internal.retry.Call;
import io.henge.document.value.JsonObject;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A client on its connections, or a view of one with a session. */
public final class ConnectedClient implements HengeClient {
  private final Core core;
  private final @Nullable Session session;
  private final Requests requests;

  private ConnectedClient(Core core, @Nullable Session session) {
    this.core = core;
    this.session = session;
    this.requests = new Requests(core, session);
  }

  /**
   * Opens a client over the network and waits for the first map.
   *
   * @throws HengeException INVALID_ARGUMENT, or UNAVAILABLE if no node answers in time
   */
  public static HengeClient connect(List<String> addresses, ClientOptions options) {
    List<String> checked = Addresses.check(addresses);
    GrpcTransport transport = new GrpcTransport("henge-client-io");
    return connect(checked, options, transport.loop(), transport);
  }

  static HengeClient connect(
      List<String> addresses, ClientOptions options, Loop loop, NodeTransport transport) {
    Core core = new Core(addresses, options, loop, transport);
    try {
      core.connect();
    } catch (RuntimeException e) {
      core.close();
      throw e;
    }
    return new ConnectedClient(core, null);
  }

  @Override
  public ItemCollection collection(String name) {
    if (name.isBlank()) {
      throw HengeException.invalid("collection: a name is needed, found an empty one");
    }
    return new RemoteItems(name, core, requests, session);
  }

  @Override
  public DocumentCollection<JsonObject> documents(String name) {
    return documents(name, JsonMapping.INSTANCE);
  }

  @Override
  public <T> DocumentCollection<T> documents(String name, Class<T> type) {
    return documents(name, new JacksonMapper<>(type));
  }

  @Override
  public <T> DocumentCollection<T> documents(String name, DocumentMapper<T> mapper) {
    if (name.isBlank()) {
      throw HengeException.invalid("collection: a name is needed, found an empty one");
    }
    return new RemoteDocuments<>(name, core, requests, session, mapper);
  }

  @Override
  public Iterator<FamilyItem> family(Key shardingKey, ReadOptions options) {
    return finds()
        .find(null, shardingKey, FindOptions.ALL, options, found -> familyItem(shardingKey, found));
  }

  @Override
  public FamilyPage familyPage(
      Key shardingKey, int limit, byte @Nullable [] cursor, ReadOptions options) {
    return familyPage(
        shardingKey, finds().firstPage(null, shardingKey, family(limit, cursor), options));
  }

  @Override
  public CompletableFuture<FamilyPage> familyPageAsync(
      Key shardingKey, int limit, byte @Nullable [] cursor, ReadOptions options) {
    return new AsyncFinds(finds())
        .firstPage(null, shardingKey, family(limit, cursor), options)
        .thenApply(page -> familyPage(shardingKey, page));
  }

  private Finds finds() {
    return new Finds(core, requests, session);
  }

  private static FindOptions family(int limit, byte @Nullable [] cursor) {
    return FindOptions.ALL.limit(limit).after(cursor);
  }

  private FamilyPage familyPage(Key shardingKey, FindResponse page) {
    return new FamilyPage(
        page.getItemsList().stream().map(found -> familyItem(shardingKey, found)).toList(),
        Finds.cursor(page));
  }

  private FamilyItem familyItem(Key shardingKey, FoundItem found) {
    CollectionRecord collection = core.routes.map().collection(found.getCollectionId());
    return new FamilyItem(
        collection == null
            ? "#" + Integer.toUnsignedString(found.getCollectionId())
            : collection.getName(),
        Finds.item(shardingKey, found));
  }

  /** Documents as they are. */
  private enum JsonMapping implements DocumentMapper<JsonObject> {
    INSTANCE;

    @Override
    public JsonObject toDocument(JsonObject value) {
      return value;
    }

    @Override
    public JsonObject fromDocument(JsonObject document) {
      return document;
    }
  }

  @Override
  public List<WriteResult> write(Batch batch, WriteOptions options) {
    requirePlain(options);
    return core.call(
        map -> requests.write(map, batch, options.timeout()),
        (call, answer) -> results(batch, call, answer));
  }

  @Override
  public CompletableFuture<List<WriteResult>> writeAsync(Batch batch, WriteOptions options) {
    return core.callAsync(
        map -> {
          requirePlain(options);
          return requests.write(map, batch, options.timeout());
        },
        (call, answer) -> results(batch, call, answer));
  }

  /** What would be ignored is refused. */
  private static void requirePlain(WriteOptions options) {
    if (!options.equals(WriteOptions.DEFAULT.timeout(options.timeout()))) {
      throw HengeException.invalid(
          "options: for a batch only the timeout can be given; conditions and expiry belong to its"
              + " steps");
    }
  }

  private List<WriteResult> results(Batch batch, Call call, Response answer) {
    WriteResponse write = answer.getWrite();
    if (session != null) {
      session.observe(call.seen(write.getShardVersion()));
    }
    List<Batch.Step> steps = batch.steps();
    List<WriteResult> results = new ArrayList<>(steps.size());
    for (int i = 0; i < write.getResultsCount(); i++) {
      results.add(
          Messages.result(batch.shardingKey(), steps.get(i).sortKey(), write.getResults(i)));
    }
    return results;
  }

  @Override
  public Explanation explainGet(
      String collection, Key shardingKey, Key sortKey, ReadOptions options) {
    long start = core.loop.nanoTime();
    return core.call(
        map -> requests.read(map, collection, shardingKey, List.of(sortKey), options, true),
        (call, answer) -> {
          Trace trace = answer.getTrace();
          NodeRecord node = core.routes.map().node(trace.getNode());
          List<String> steps = new ArrayList<>(call.steps());
          steps.addAll(trace.getStepsList());
          return new Explanation(
              Messages.found(shardingKey, sortKey, answer.getRead().getFound(0)),
              trace.getShardId(),
              trace.getShardEpoch(),
              node == null ? trace.getNode() : node.getName(),
              trace.getRole(),
              call.attempts(),
              trace.getStalenessMillis(),
              trace.getServerMicros(),
              (core.loop.nanoTime() - start) / 1_000,
              List.copyOf(steps));
        });
  }

  @Override
  public Admin admin() {
    return new RemoteAdmin(core);
  }

  @Override
  public Operations operations() {
    return new RemoteOperations(core);
  }

  @Override
  public HengeClient within(Session noted) {
    return new ConnectedClient(core, noted);
  }

  @Override
  public ClientStatistics statistics() {
    return core.statistics();
  }

  @Override
  public void close() {
    core.close();
  }
}
