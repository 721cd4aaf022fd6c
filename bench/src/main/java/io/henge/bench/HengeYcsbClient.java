package io.henge.bench;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.bench.workload.FieldCodec;
import io.henge.bench.workload.YcsbKeyLayout;
import io.henge.client.CollectionOptions;
import io.henge.client.Consistency;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.Page;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.WriteOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.Vector;
import org.jspecify.annotations.Nullable;
import site.ycsb.ByteArrayByteIterator;
import site.ycsb.ByteIterator;
import site.ycsb.DB;
import site.ycsb.DBException;
import site.ycsb.Status;

/**
 * Henge for YCSB: {@code site.ycsb.Client -db io.henge.bench.HengeYcsbClient}.
 *
 * <p>Properties: {@code henge.connect} (addresses, default 127.0.0.1:7400), {@code
 * henge.consistency} (linearizable, bounded, eventual; default linearizable), {@code
 * henge.timeout.millis} (default 10000), {@code henge.staleness.millis} for bounded (default 1000).
 * All YCSB threads of a process share one client. {@link YcsbKeyLayout} says where records lie.
 */
public final class HengeYcsbClient extends DB {
  private static final int UPDATE_ATTEMPTS = 100;

  private @Nullable SharedClient shared;
  private ReadOptions readOptions = ReadOptions.LINEARIZABLE;
  private boolean updateReplacesAll;

  @Override
  public void init() throws DBException {
    Properties properties = getProperties();
    try {
      Duration timeout =
          Duration.ofMillis(
              Long.parseLong(properties.getProperty("henge.timeout.millis", "10000")));
      readOptions = readOptions(properties);
      updateReplacesAll =
          Boolean.parseBoolean(properties.getProperty("writeallfields", "false"))
              || Integer.parseInt(properties.getProperty("fieldcount", "10")) == 1;
      shared =
          SharedClient.acquire(properties.getProperty("henge.connect", "127.0.0.1:7400"), timeout);
    } catch (RuntimeException e) {
      throw new DBException(e);
    }
  }

  private static ReadOptions readOptions(Properties properties) {
    String level = properties.getProperty("henge.consistency", "linearizable");
    Consistency consistency;
    try {
      consistency = Consistency.valueOf(level.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw HengeException.invalid(
          "henge.consistency: linearizable, bounded or eventual expected, found " + level);
    }
    return switch (consistency) {
      case LINEARIZABLE -> ReadOptions.LINEARIZABLE;
      case EVENTUAL -> ReadOptions.EVENTUAL;
      case BOUNDED ->
          ReadOptions.bounded(
              Duration.ofMillis(
                  Long.parseLong(properties.getProperty("henge.staleness.millis", "1000"))));
      case SESSION ->
          throw HengeException.invalid(
              "henge.consistency: YCSB has no sessions; use linearizable, bounded or eventual");
    };
  }

  @Override
  public void cleanup() {
    if (shared != null) {
      shared.release();
      shared = null;
    }
  }

  @Override
  public Status read(
      String table, String key, @Nullable Set<String> fields, Map<String, ByteIterator> result) {
    try {
      Optional<Item> item =
          table(table).get(YcsbKeyLayout.shardingKey(key), YcsbKeyLayout.sortKey(key), readOptions);
      if (item.isEmpty()) {
        return Status.NOT_FOUND;
      }
      copyFields(item.get().bytes(), fields, result);
      return Status.OK;
    } catch (HengeException e) {
      return status(e);
    }
  }

  @Override
  @SuppressWarnings("NonApiType") // the types are those of YCSB
  public Status scan(
      String table,
      String startKey,
      int count,
      @Nullable Set<String> fields,
      Vector<HashMap<String, ByteIterator>> result) {
    try {
      String prefix = YcsbKeyLayout.prefix(startKey);
      Key from = YcsbKeyLayout.sortKey(startKey);
      while (prefix != null && result.size() < count) {
        ScanOptions scan = ScanOptions.ALL.between(from, null).limit(count - result.size());
        Page page = table(table).scan(Key.of(prefix), scan, readOptions);
        addRows(page, fields, result);
        while (page.cursor() != null && result.size() < count) {
          page = table(table).scan(Key.of(prefix), scan.after(page.cursor()), readOptions);
          addRows(page, fields, result);
        }
        prefix = YcsbKeyLayout.next(prefix);
        from = Key.EMPTY;
      }
      return Status.OK;
    } catch (HengeException e) {
      return status(e);
    }
  }

  @Override
  public Status update(String table, String key, Map<String, ByteIterator> values) {
    if (updateReplacesAll) {
      return insert(table, key, values);
    }
    try {
      return mergeFields(table(table), key, values);
    } catch (HengeException e) {
      return status(e);
    }
  }

  /** Some fields of several: read, merge, write if nobody else wrote meanwhile. */
  private Status mergeFields(ItemCollection table, String key, Map<String, ByteIterator> values) {
    Map<String, byte[]> changed = toBytes(values);
    for (int attempt = 0; attempt < UPDATE_ATTEMPTS; attempt++) {
      Optional<Item> item = table.get(YcsbKeyLayout.shardingKey(key), YcsbKeyLayout.sortKey(key));
      if (item.isEmpty()) {
        return Status.NOT_FOUND;
      }
      Map<String, byte[]> merged = FieldCodec.decode(item.get().bytes());
      merged.putAll(changed);
      try {
        table.put(
            YcsbKeyLayout.shardingKey(key),
            YcsbKeyLayout.sortKey(key),
            Value.of(FieldCodec.encode(merged)),
            WriteOptions.DEFAULT.onlyIf(new Condition.VersionIs(item.get().version())));
        return Status.OK;
      } catch (HengeException e) {
        if (e.code() != ErrorCode.CONDITION_FAILED) {
          throw e;
        }
      }
    }
    return Status.SERVICE_UNAVAILABLE;
  }

  @Override
  public Status insert(String table, String key, Map<String, ByteIterator> values) {
    try {
      table(table)
          .put(
              YcsbKeyLayout.shardingKey(key),
              YcsbKeyLayout.sortKey(key),
              Value.of(FieldCodec.encode(toBytes(values))));
      return Status.OK;
    } catch (HengeException e) {
      return status(e);
    }
  }

  @Override
  public Status delete(String table, String key) {
    try {
      boolean existed =
          table(table).delete(YcsbKeyLayout.shardingKey(key), YcsbKeyLayout.sortKey(key)).existed();
      return existed ? Status.OK : Status.NOT_FOUND;
    } catch (HengeException e) {
      return status(e);
    }
  }

  private ItemCollection table(String name) {
    return Objects.requireNonNull(shared, "init() first").table(name);
  }

  @SuppressWarnings("NonApiType") // the types are those of YCSB
  private static void addRows(
      Page page, @Nullable Set<String> fields, Vector<HashMap<String, ByteIterator>> rows) {
    for (Item item : page.items()) {
      HashMap<String, ByteIterator> row = new HashMap<>();
      copyFields(item.bytes(), fields, row);
      rows.add(row);
    }
  }

  private static Map<String, byte[]> toBytes(Map<String, ByteIterator> values) {
    Map<String, byte[]> fields = new LinkedHashMap<>();
    values.forEach((name, value) -> fields.put(name, value.toArray()));
    return fields;
  }

  private static void copyFields(
      byte[] value, @Nullable Set<String> wanted, Map<String, ByteIterator> result) {
    FieldCodec.decode(value)
        .forEach(
            (name, content) -> {
              if (wanted == null || wanted.contains(name)) {
                result.put(name, new ByteArrayByteIterator(content));
              }
            });
  }

  private static Status status(HengeException e) {
    return new Status(e.code().name(), e.getMessage());
  }

  /** One client for all threads of this process; the last one out closes it. */
  private static final class SharedClient {
    private static final Map<String, SharedClient> OPEN = new HashMap<>();

    private final String connect;
    private final HengeClient client;
    private final Map<String, ItemCollection> tables =
        new java.util.concurrent.ConcurrentHashMap<>();
    private int users;

    private SharedClient(String connect, HengeClient client) {
      this.connect = connect;
      this.client = client;
    }

    static SharedClient acquire(String connect, Duration timeout) {
      synchronized (OPEN) {
        SharedClient shared =
            OPEN.computeIfAbsent(
                connect,
                address ->
                    new SharedClient(
                        address,
                        HengeClient.connect(
                            java.util.List.of(address.split(",")),
                            io.henge.client.ClientOptions.DEFAULT.withTimeout(timeout))));
        shared.users++;
        return shared;
      }
    }

    void release() {
      synchronized (OPEN) {
        if (--users == 0) {
          OPEN.remove(connect);
          client.close();
        }
      }
    }

    ItemCollection table(String name) {
      return tables.computeIfAbsent(
          name,
          table -> {
            client.admin().createCollection(table, CollectionOptions.defaults().onlyIfAbsent());
            return client.collection(table);
          });
    }
  }
}
