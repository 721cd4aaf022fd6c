package io.henge.client.internal;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.SessionToken;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.FindRequest;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.ReadLevel;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.SessionPart;
import io.henge.api.v1.VerifyRequest;
import io.henge.api.v1.WriteRequest;
import io.henge.client.Batch;
import io.henge.client.Consistency;
import io.henge.client.ReadOptions;
import io.henge.client.Returning;
import io.henge.client.ScanOptions;
import io.henge.client.Session;
import io.henge.client.internal.retry.Call;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes checked requests of what the application asks for. */
final class Requests {
  /**
   * Added to the time in which a write may take effect, so that it does not become void because a
   * shard's clock is a little ahead of the one that the client goes by.
   */
  static final long NOT_AFTER_MARGIN_MILLIS = 2_000;

  /** A page is read, computed anew, and perhaps mended. */
  private static final Duration VERIFY_TIMEOUT = Duration.ofSeconds(30);

  private final Core core;
  private final @Nullable Session session;

  Requests(Core core, @Nullable Session session) {
    this.core = core;
    this.session = session;
  }

  Call read(
      ShardMap map,
      String collection,
      Key shardingKey,
      List<Key> sortKeys,
      ReadOptions options,
      boolean explain) {
    RequestLimits limits = core.limits;
    long timeoutMillis = limits.timeoutMillis(options.timeout(), core.options.timeout());
    limits.shardingKey(shardingKey);
    limits.items(sortKeys);
    int id = collectionId(map, collection);
    byte[] physicalKey = PhysicalKey.of(shardingKey, id, sortKeys.get(0));
    ReadRequest.Builder read =
        ReadRequest.newBuilder()
            .setShardingKey(Messages.key(shardingKey))
            .setLevel(level(map, physicalKey, options))
            .setCopyInfo(options.copyInfo())
            .setDocumentForm(DocumentForm.DOCUMENT_FORM_BINARY);
    List<byte[]> others = sortKeys.size() == 1 ? List.of() : new ArrayList<>(sortKeys.size() - 1);
    for (int i = 0; i < sortKeys.size(); i++) {
      Key sortKey = sortKeys.get(i);
      limits.key(shardingKey, sortKey);
      read.addItems(Messages.itemKey(id, sortKey));
      if (i > 0) {
        others.add(PhysicalKey.of(shardingKey, id, sortKey));
      }
    }
    Request template = Request.newBuilder().setRead(read).setExplain(explain).build();
    return new Call(
        template,
        new Call.Place(physicalKey, false, others),
        readKind(options),
        timeoutMillis,
        () -> "get from " + collection + ", sharding key " + shardingKey,
        explain);
  }

  Call range(
      ShardMap map, String collection, Key shardingKey, ScanOptions scan, ReadOptions options) {
    RequestLimits limits = core.limits;
    long timeoutMillis = limits.timeoutMillis(options.timeout(), core.options.timeout());
    limits.shardingKey(shardingKey);
    limits.page(shardingKey, scan.from(), scan.to(), scan.limit());
    int id = collectionId(map, collection);
    Call.Place place = place(shardingKey, id, scan);
    RangeRequest.Builder range =
        RangeRequest.newBuilder()
            .setShardingKey(Messages.key(shardingKey))
            .setCollectionId(id)
            .setReverse(scan.reverse())
            .setLimit(scan.limit())
            .setLevel(level(map, PhysicalKey.prefix(shardingKey, id), options))
            .setCopyInfo(options.copyInfo())
            .setDocumentForm(DocumentForm.DOCUMENT_FORM_BINARY);
    if (scan.from() != null) {
      range.setFrom(Messages.key(scan.from()));
    }
    if (scan.to() != null) {
      range.setTo(Messages.key(scan.to()));
    }
    if (scan.cursor() != null) {
      range.setCursor(Messages.wrap(scan.cursor()));
    }
    return new Call(
        Request.newBuilder().setRange(range).build(),
        place,
        readKind(options),
        timeoutMillis,
        () -> "scan of " + collection + ", sharding key " + shardingKey,
        false);
  }

  /**
   * One page of a find.
   *
   * @param collection null = all of the sharding key
   * @param shardingKey null = all shards
   * @param page with where it goes on
   */
  Call find(
      ShardMap map,
      @Nullable String collection,
      @Nullable Key shardingKey,
      FindRequest.Builder page,
      ReadOptions options) {
    long timeoutMillis = core.limits.timeoutMillis(options.timeout(), core.options.timeout());
    int id = collection == null ? 0 : collectionId(map, collection);
    byte[] prefix = new byte[0];
    if (shardingKey != null) {
      core.limits.shardingKey(shardingKey);
      core.limits.key(shardingKey, Key.EMPTY);
      prefix =
          collection == null
              ? PhysicalKey.itemCollection(shardingKey)
              : PhysicalKey.prefix(shardingKey, id);
    }
    byte[] from = prefix;
    if (!page.getCursor().isEmpty() && page.getSortCount() == 0) {
      byte[] wire = page.getCursor().toByteArray();
      from = ScanCursor.decode(wire, prefix, false, core.limits.keyBytesMax()).laterStart(prefix);
    }
    FindRequest find =
        page.clone()
            .setCollectionId(id)
            .setLevel(level(map, from, options))
            .setCopyInfo(options.copyInfo())
            .setDocumentForm(DocumentForm.DOCUMENT_FORM_BINARY)
            .build();
    return new Call(
        Request.newBuilder().setFind(find).build(),
        Call.Place.at(from),
        readKind(options),
        timeoutMillis,
        () ->
            "find in "
                + (collection == null ? "all collections" : collection)
                + (shardingKey == null ? ", all shards" : ", sharding key " + shardingKey),
        false);
  }

  /**
   * Verifies a page.
   *
   * @param collection empty = all
   */
  Call verify(ShardMap map, String collection, VerifyRequest.Builder page) {
    VerifyRequest verify =
        page.clone()
            .setCollectionId(collection.isEmpty() ? 0 : collectionId(map, collection))
            .build();
    return new Call(
        Request.newBuilder().setVerify(verify).build(),
        Call.Place.at(verify.getCursor().toByteArray()),
        Call.Kind.LEADER_READ,
        core.limits.timeoutMillis(VERIFY_TIMEOUT, core.options.timeout()),
        () -> "verify " + collection,
        false);
  }

  /**
   * Asks for changes.
   *
   * @param changes with the parts
   */
  Call changes(
      ShardMap map, String collection, ChangesRequest.Builder changes, long timeoutMillis) {
    ChangesRequest request =
        changes
            .setCollectionId(collectionId(map, collection))
            .setDocumentForm(DocumentForm.DOCUMENT_FORM_BINARY)
            .build();
    return new Call(
        Request.newBuilder().setChanges(request).build(),
        Call.Place.at(request.getParts(0).getStart().toByteArray()),
        Call.Kind.LEADER_READ,
        timeoutMillis,
        () -> "watch of " + collection,
        false);
  }

  /** Where the next page begins: only the shard there can tell what comes next. */
  private Call.Place place(Key shardingKey, int collectionId, ScanOptions scan) {
    byte[] prefix = PhysicalKey.prefix(shardingKey, collectionId);
    ScanCursor cursor =
        scan.cursor() == null
            ? null
            : ScanCursor.decode(scan.cursor(), prefix, scan.reverse(), core.limits.keyBytesMax());
    if (scan.reverse()) {
      byte[] to =
          scan.to() == null
              ? PhysicalKey.endOfPrefix(prefix)
              : PhysicalKey.of(shardingKey, collectionId, scan.to());
      return new Call.Place(cursor == null ? to : cursor.earlierEnd(to), true, List.of());
    }
    byte[] from =
        scan.from() == null ? prefix : PhysicalKey.of(shardingKey, collectionId, scan.from());
    return Call.Place.at(cursor == null ? from : cursor.laterStart(from));
  }

  /** A write of one item. */
  Call write(
      ShardMap map,
      String collection,
      Key shardingKey,
      Key sortKey,
      Condition condition,
      Action action,
      Returning returning,
      Duration timeout) {
    core.limits.shardingKey(shardingKey);
    WriteRequest.Builder write = WriteRequest.newBuilder();
    write.addMutations(
        mutation(map, collection, shardingKey, sortKey, condition, action, returning));
    byte[] physicalKey =
        PhysicalKey.of(shardingKey, write.getMutations(0).getCollectionId(), sortKey);
    return write(
        map,
        write,
        shardingKey,
        physicalKey,
        timeout,
        () -> name(action) + collection + ", sharding key " + shardingKey);
  }

  /** A write of several items. */
  Call write(ShardMap map, Batch batch, Duration timeout) {
    Key shardingKey = batch.shardingKey();
    List<Batch.Step> steps = batch.steps();
    core.limits.shardingKey(shardingKey);
    core.limits.batch(steps.size(), 0);
    WriteRequest.Builder write = WriteRequest.newBuilder();
    long bytes = 0;
    for (Batch.Step step : steps) {
      Mutation mutation =
          mutation(
              map,
              step.collection(),
              shardingKey,
              step.sortKey(),
              step.condition(),
              step.action(),
              step.returning());
      bytes += mutation.getSerializedSize();
      write.addMutations(mutation);
    }
    core.limits.batch(steps.size(), bytes);
    byte[] physicalKey =
        PhysicalKey.of(
            shardingKey, write.getMutations(0).getCollectionId(), steps.get(0).sortKey());
    return write(
        map,
        write,
        shardingKey,
        physicalKey,
        timeout,
        () -> "batch of " + steps.size() + " steps, sharding key " + shardingKey);
  }

  private Call write(
      ShardMap map,
      WriteRequest.Builder write,
      Key shardingKey,
      byte[] physicalKey,
      Duration timeout,
      Supplier<String> what) {
    long timeoutMillis = core.limits.timeoutMillis(timeout, core.options.timeout());
    long validMillis =
        Math.min(timeoutMillis + NOT_AFTER_MARGIN_MILLIS, core.limits.notAfterMillisMax());
    write
        .setRequestId(core.requestIds.next())
        .setNotAfterMillis(core.clock.millis() + validMillis)
        .setShardingKey(Messages.key(shardingKey))
        .setDocumentForm(DocumentForm.DOCUMENT_FORM_BINARY)
        .setCatalogueVersion(catalogueVersion(map, write));
    return new Call(
        Request.newBuilder().setWrite(write).build(),
        Call.Place.at(physicalKey),
        Call.Kind.WRITE,
        timeoutMillis,
        what,
        false);
  }

  /** A collection that the caller has just made is known before the map that it came with. */
  private static long catalogueVersion(ShardMap map, WriteRequest.Builder write) {
    long version = map.version();
    for (Mutation mutation : write.getMutationsList()) {
      CollectionRecord collection = map.collection(mutation.getCollectionId());
      if (collection != null) {
        version = Math.max(version, collection.getChangedIn());
      }
    }
    return version;
  }

  private Mutation mutation(
      ShardMap map,
      String collection,
      Key shardingKey,
      Key sortKey,
      Condition condition,
      Action action,
      Returning returning) {
    core.limits.key(shardingKey, sortKey);
    core.limits.condition(condition);
    core.limits.action(action);
    int id = collectionId(map, collection);
    return Messages.mutation(
        id,
        sortKey,
        condition,
        action,
        returning == Returning.PREVIOUS,
        returning == Returning.CURRENT);
  }

  private static int collectionId(ShardMap map, String name) {
    CollectionRecord collection = map.collection(name);
    if (collection == null) {
      throw new UnknownCollectionException(name, map);
    }
    return collection.getId();
  }

  private ReadLevel level(ShardMap map, byte[] physicalKey, ReadOptions options) {
    ReadLevel.Builder level = ReadLevel.newBuilder();
    switch (options.consistency()) {
      case LINEARIZABLE -> {}
      case EVENTUAL -> level.setConsistency(io.henge.api.v1.Consistency.CONSISTENCY_EVENTUAL);
      case SESSION -> {
        Session reader = options.session() != null ? options.session() : session;
        if (reader == null) {
          throw HengeException.invalid(
              "session: a read at SESSION needs one, found none; use ReadOptions.session(...), or"
                  + " a client opened with within(...)");
        }
        level.setConsistency(io.henge.api.v1.Consistency.CONSISTENCY_SESSION);
        addSeen(level, reader.token(), map.shardFor(physicalKey), physicalKey);
      }
      case BOUNDED -> {
        long millis = options.stalenessMax().toMillis();
        if (millis <= 0 || millis > Integer.MAX_VALUE) {
          throw HengeException.invalid(
              "stalenessMax: 1 ms to "
                  + Integer.MAX_VALUE
                  + " ms allowed with BOUNDED, found "
                  + millis
                  + " ms; use LINEARIZABLE for no staleness at all");
        }
        level
            .setConsistency(io.henge.api.v1.Consistency.CONSISTENCY_BOUNDED)
            .setMaxStalenessMillis((int) millis);
      }
    }
    return level.build();
  }

  /** What the session has seen of the key's shard, and of its token whatever the map says. */
  private static void addSeen(
      ReadLevel.Builder level, SessionToken seen, @Nullable Shard shard, byte[] physicalKey) {
    long token = PhysicalKey.token(physicalKey);
    long first = shard == null ? 0 : SessionToken.firstToken(shard.start());
    long last = shard == null ? -1 : SessionToken.lastToken(shard.end());
    SessionToken near = seen.touching(first, last);
    for (SessionToken.Part part : near.with(seen.touching(token, token)).parts()) {
      level.addSession(
          SessionPart.newBuilder()
              .setFirstToken(part.firstToken())
              .setLastToken(part.lastToken())
              .setVersion(part.version()));
    }
  }

  private static Call.Kind readKind(ReadOptions options) {
    return options.consistency() == Consistency.LINEARIZABLE
        ? Call.Kind.LEADER_READ
        : Call.Kind.REPLICA_READ;
  }

  private static String name(Action action) {
    if (action instanceof Action.Put) {
      return "put in ";
    } else if (action instanceof Action.Add) {
      return "increment in ";
    } else if (action instanceof Action.Append) {
      return "append in ";
    } else if (action instanceof Action.Touch) {
      return "touch in ";
    } else if (action instanceof Action.Patch) {
      return "patch in ";
    }
    return action instanceof Action.Remove ? "delete from " : "check in ";
  }
}
