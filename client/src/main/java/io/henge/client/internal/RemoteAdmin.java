package io.henge.client.internal;

import com.google.protobuf.Message;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CopiesStatusRequest;
import io.henge.api.v1.CopiesStatusResponse;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateCopyRequest;
import io.henge.api.v1.CreateIndexRequest;
import io.henge.api.v1.DeclarationResponse;
import io.henge.api.v1.DerivedStatus;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.DropCopyRequest;
import io.henge.api.v1.DropIndexRequest;
import io.henge.api.v1.FeatureLevelsResponse;
import io.henge.api.v1.GetFeatureLevelsRequest;
import io.henge.api.v1.ListDerivedRequest;
import io.henge.api.v1.ListDerivedResponse;
import io.henge.api.v1.RaiseFeatureLevelRequest;
import io.henge.api.v1.SetChangesRequest;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.TransferLeaderRequest;
import io.henge.client.Admin;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.CopiesStatus;
import io.henge.client.Copy;
import io.henge.client.FeatureLevels;
import io.henge.client.Index;
import io.henge.document.declare.CopyDeclaration;
import io.henge.router.ShardMap;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleConsumer;

/** Collections and the state of the cluster, over the network. */
final class RemoteAdmin implements Admin {
  private final Core core;
  private final AdminCalls calls;

  RemoteAdmin(Core core) {
    this.core = core;
    this.calls = new AdminCalls(core);
  }

  @Override
  public CollectionInfo createCollection(String name, CollectionOptions options) {
    if (name.isBlank()) {
      throw HengeException.invalid("collection: a name is needed, found an empty one");
    }
    if (options.ttl().isNegative()) {
      throw HengeException.invalid(
          "ttl: zero (items stay) or more expected, found " + options.ttl());
    }
    CreateCollectionRequest.Builder create =
        CreateCollectionRequest.newBuilder()
            .setName(name)
            .setTtlMillis(options.ttl().toMillis())
            .setDivisible(options.divisible())
            .setIfAbsent(options.ifAbsent());
    CollectionOptions.Documents documents = options.documents();
    if (documents != null) {
      for (Copy copy : documents.copies()) {
        requireHolder(name, copy);
      }
      create.setDocuments(DerivedRecords.record(documents));
    }
    CreateCollectionRequest request = create.build();
    CollectionRecord made =
        calls
            .ask(
                "create collection " + name,
                (address, millis) -> core.transport.createCollection(address, request, millis))
            .getCollection();
    CompletableFuture<Boolean> learned = new CompletableFuture<>();
    core.onLoop(
        () -> {
          core.routes.learn(made);
          learned.complete(true);
        });
    core.await(learned, ErrorCode.OUTCOME_UNKNOWN, "create collection " + name);
    return info(made);
  }

  @Override
  public Verification verify(String collection, boolean repair, DoubleConsumer progress) {
    return new Verify(core).run(collection, repair, progress);
  }

  @Override
  public void dropCollection(String name) {
    DropCollectionRequest request = DropCollectionRequest.newBuilder().setName(name).build();
    calls.ask(
        "drop collection " + name,
        (address, millis) -> core.transport.dropCollection(address, request, millis));
    refreshed();
  }

  @Override
  public List<CollectionInfo> collections() {
    return refreshed().collections().stream()
        .filter(collection -> !collection.getDropped())
        .sorted(Comparator.comparing(CollectionRecord::getName))
        .map(RemoteAdmin::info)
        .toList();
  }

  @Override
  public ClusterStatus status() {
    return StatusView.of(
        calls.ask(
            "cluster status",
            (address, millis) ->
                core.transport.status(address, StatusRequest.getDefaultInstance(), millis)));
  }

  @Override
  public void transferLeader(long shardId, String node) {
    TransferLeaderRequest request =
        TransferLeaderRequest.newBuilder().setShardId(shardId).setNode(node).build();
    calls.ask(
        "transfer of shard " + shardId + " to " + node,
        (address, millis) -> core.transport.transferLeader(address, request, millis));
  }

  private static void requireHolder(String name, Copy copy) {
    String holder = copy.declaration().holder();
    if (!holder.equals(name)) {
      throw HengeException.invalid(
          "copy: into " + name + " expected, the collection that is created; found " + holder);
    }
  }

  // ---- What is derived from documents ----

  @Override
  public int createIndex(String collection, Index index) {
    return declare(
        "create index " + index.name(),
        "CreateIndex",
        CreateIndexRequest.newBuilder()
            .setCollection(collection)
            .setIndex(DerivedRecords.record(index))
            .setIfAbsent(true)
            .build());
  }

  @Override
  public void dropIndex(String collection, String name) {
    declare(
        "drop index " + name,
        "DropIndex",
        DropIndexRequest.newBuilder().setCollection(collection).setName(name).build());
  }

  @Override
  public List<IndexStatus> indexes() {
    return derived().getDerivedList().stream()
        .filter(DerivedStatus::hasIndex)
        .sorted(Comparator.comparing(DerivedStatus::getCollection))
        .map(DerivedRecords::indexStatus)
        .toList();
  }

  @Override
  public int createCopy(Copy copy) {
    return declare("copy", "CreateCopy", declaration(copy).setIfAbsent(true).build());
  }

  @Override
  public int replaceCopy(Copy copy) {
    return declare("copy", "CreateCopy", declaration(copy).setReplace(true).build());
  }

  private static CreateCopyRequest.Builder declaration(Copy copy) {
    CopyDeclaration declaration = copy.declaration();
    return CreateCopyRequest.newBuilder()
        .setCollection(declaration.holder())
        .setRule(declaration.rule());
  }

  @Override
  public void dropCopy(int id, boolean keep) {
    declare(
        "drop copy " + id,
        "DropCopy",
        DropCopyRequest.newBuilder().setId(id).setKeep(keep).build());
  }

  @Override
  public void dropCopy(String holder, String path, boolean keep) {
    declare(
        "drop copy " + holder + "." + path,
        "DropCopy",
        DropCopyRequest.newBuilder().setCollection(holder).setPath(path).setKeep(keep).build());
  }

  @Override
  public List<CopyStatus> copies() {
    return derived().getDerivedList().stream()
        .filter(DerivedStatus::hasRule)
        .sorted(Comparator.comparing(DerivedStatus::getCollection))
        .map(DerivedRecords::copyStatus)
        .toList();
  }

  @Override
  public CopiesStatus copiesStatus(String collection) {
    CopiesStatusRequest request =
        CopiesStatusRequest.newBuilder().setCollection(collection).build();
    return DerivedRecords.copiesStatus(
        calls.ask(
            "status of copies",
            (address, millis) ->
                core.transport.cluster(
                    address, "GetCopiesStatus", request, CopiesStatusResponse.class, millis)));
  }

  @Override
  public void keepChanges(String collection, Duration retention, boolean before) {
    SetChangesRequest.Builder set = SetChangesRequest.newBuilder().setCollection(collection);
    set.getChangesBuilder().setRetentionMillis(retention.toMillis()).setBefore(before);
    declare("changes on " + collection, "SetChanges", set.build());
  }

  @Override
  public void dropChanges(String collection) {
    declare(
        "drop changes on " + collection,
        "SetChanges",
        SetChangesRequest.newBuilder().setCollection(collection).build());
  }

  private int declare(String what, String method, Message request) {
    int id =
        calls
            .ask(
                what,
                (address, millis) ->
                    core.transport.cluster(
                        address, method, request, DeclarationResponse.class, millis))
            .getId();
    refreshed();
    return id;
  }

  private ListDerivedResponse derived() {
    return calls.ask(
        "indexes and copies",
        (address, millis) ->
            core.transport.cluster(
                address,
                "ListDerived",
                ListDerivedRequest.getDefaultInstance(),
                ListDerivedResponse.class,
                millis));
  }

  @Override
  public FeatureLevels featureLevels() {
    return levels(
        "feature levels", "GetFeatureLevels", GetFeatureLevelsRequest.getDefaultInstance());
  }

  @Override
  public FeatureLevels raiseFeatureLevel(int level) {
    if (level < 0) {
      throw HengeException.invalid(
          "level: 0 (the highest that every node reads) or more expected, found " + level);
    }
    return levels(
        "raise of the feature level",
        "RaiseFeatureLevel",
        RaiseFeatureLevelRequest.newBuilder().setLevel(level).build());
  }

  private FeatureLevels levels(String what, String method, Message request) {
    FeatureLevelsResponse page =
        calls.ask(
            what,
            (address, millis) ->
                core.transport.cluster(
                    address, method, request, FeatureLevelsResponse.class, millis));
    return new FeatureLevels(
        page.getLevel(),
        page.getPossible(),
        page.getLevelsList().stream()
            .map(
                level ->
                    new FeatureLevels.Level(
                        level.getLevel(),
                        level.getMeaning(),
                        List.copyOf(level.getMissingNodesList())))
            .toList(),
        page.getNodesList().stream()
            .map(
                node ->
                    new FeatureLevels.Node(
                        node.getNodeId(), node.getName(), node.getFeatureLevel()))
            .toList());
  }

  private ShardMap refreshed() {
    return core.await(core.refresh(), ErrorCode.DEADLINE, "fetching the map");
  }

  private static CollectionInfo info(CollectionRecord record) {
    return new CollectionInfo(
        record.getId(),
        record.getName(),
        Duration.ofMillis(record.getTtlMillis()),
        record.getDivisible(),
        record.hasDocuments() ? DerivedRecords.documents(record) : null);
  }
}
