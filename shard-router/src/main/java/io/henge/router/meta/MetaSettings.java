package io.henge.router.meta;

import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ClusterRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the cluster that this version knows: their names, defaults, bounds and meanings, and
 * what a cluster has them set to. What makes no sense is an error at the edge, where {@link
 * #requireValid} is called before anything is proposed; apply keeps whatever is well-formed, or
 * versions would differ in what they apply. A stored value that this version cannot read counts as
 * the default.
 */
public final class MetaSettings {
  /** Copies of each shard once there are enough nodes: 1, 3 or 5. */
  public static final String REPLICATION_TARGET = "replication-target";

  public static final String AUTO_SPLIT = "auto-split";
  public static final String AUTO_MERGE = "auto-merge";
  public static final String AUTO_BALANCE = "auto-balance";
  public static final String CHANGES_BYTES_MAX = "changes-bytes-max";
  public static final String FILL_INTERVAL = "fill-interval-millis";
  public static final String VERIFY_RATE = "verify-documents-per-second";
  public static final String SPLIT_BYTES = "split-bytes";
  public static final String SPLIT_OPERATIONS = "split-operations-per-second";
  public static final String SPLIT_CPU = "split-cpu-percent";
  public static final String SPLIT_LOAD_SECONDS = "split-load-seconds";
  public static final String SPLIT_COOL_DOWN = "split-cool-down-seconds";
  public static final String MERGE_BYTES_MAX = "merge-bytes-max";
  public static final String MERGE_OPERATIONS_MAX = "merge-operations-per-second-max";
  public static final String MERGE_COOL_DOWN = "merge-cool-down-seconds";
  public static final String MERGE_SHARDS_MIN = "merge-shards-min";
  public static final String COPY_RATE = "copy-rate-max";
  public static final String DEAD_NODE_GRACE = "dead-node-grace-seconds";
  public static final String LOST_REPLICA_GRACE = "lost-replica-grace-seconds";
  public static final String MOVE_CONCURRENCY = "move-concurrency";
  public static final String MOVE_CONCURRENCY_NODE = "move-concurrency-per-node";
  public static final String MOVE_RATE = "move-bytes-per-second";

  /** How a value is written. */
  public enum Form {
    /** A whole number. */
    NUMBER,
    /** Bytes: a whole number, or one with k, m, g or t (1024 each) behind it. */
    BYTES,
    /** {@code on} or {@code off}. */
    SWITCH
  }

  /**
   * A setting that there is.
   *
   * @param byDefault as a value that would be set
   * @param least lowest number it takes
   * @param most highest number it takes
   */
  public record Known(
      String name, Form form, String byDefault, long least, long most, String description) {}

  private static final long DAY = 24 * 3_600;
  private static final Map<String, Known> TABLE = table();

  private final ClusterRow cluster;

  private MetaSettings(ClusterRow cluster) {
    this.cluster = cluster;
  }

  /** What a cluster has them set to. */
  public static MetaSettings of(ClusterRow cluster) {
    return new MetaSettings(cluster);
  }

  /** All that there are, by name. */
  public static List<Known> known() {
    return List.copyOf(TABLE.values());
  }

  private static Map<String, Known> table() {
    List<Known> all = new ArrayList<>();
    all.add(
        onOff(
            AUTO_BALANCE,
            "Replicas and leaders move by themselves, so that nodes share bytes and work by their"
                + " weights. Repair and drain go on when it is off."));
    all.add(onOff(AUTO_MERGE, "Two small and quiet neighbours become one shard by themselves."));
    all.add(onOff(AUTO_SPLIT, "Shards that are too large or too busy are cut by themselves."));
    all.add(
        bytes(
            CHANGES_BYTES_MAX,
            "256m",
            64 << 10,
            1L << 40,
            "The most bytes of changes of documents that a shard keeps for those who watch it; the"
                + " oldest go first, even if their time is not over."));
    all.add(
        number(
            FILL_INTERVAL,
            20,
            1,
            60_000,
            "Milliseconds from one log entry that builds or drops an index or a copy to the next, in"
                + " each shard; five times as many while writes wait. An entry goes through up to 500"
                + " documents or 512 KB."));
    all.add(
        number(
            VERIFY_RATE,
            50,
            0,
            10_000,
            "Documents a second, about, that each shard is verified by in the background; 0 = not at"
                + " all."));
    all.add(
        number(
            COPY_RATE,
            5_000,
            1,
            1_000_000,
            "Documents a second that each node changes, at most, because a document that they follow"
                + " has changed."));
    all.add(
        number(
            DEAD_NODE_GRACE,
            300,
            1,
            30 * DAY,
            "A node that has been silent for so many seconds is taken for dead: its replicas are"
                + " made anew on others. Longer than a restart takes."));
    all.add(
        number(
            LOST_REPLICA_GRACE,
            60,
            1,
            DAY,
            "A member whose node is up, but has no replica of the shard for so many seconds, is"
                + " taken out and in again."));
    all.add(
        number(
            MERGE_COOL_DOWN,
            600,
            0,
            30 * DAY,
            "For so many seconds after a change of its range, or of a neighbour's, a shard is not"
                + " merged by itself."));
    all.add(
        bytes(
            MERGE_BYTES_MAX,
            "64m",
            0,
            1L << 40,
            "The most that a shard may hold to be absorbed by its neighbour: it refuses writes"
                + " meanwhile. By themselves two merge if both together have at most half of it."));
    all.add(
        number(
            MERGE_OPERATIONS_MAX,
            100,
            0,
            1_000_000_000,
            "Neighbours that have more reads and writes per second, together, are not merged by"
                + " themselves."));
    all.add(
        number(
            MERGE_SHARDS_MIN,
            64,
            1,
            1_000_000,
            "With so many shards, or four for each node, none merge by themselves: a cluster that"
                + " is empty yet keeps what it was cut into."));
    all.add(
        bytes(
            MOVE_RATE,
            "64m",
            64 << 10,
            1L << 40,
            "The most that a node sends per second while replicas move, in bytes, over all of"
                + " them. Takes effect at once."));
    all.add(
        number(
            MOVE_CONCURRENCY,
            0,
            0,
            10_000,
            "Replicas that move at a time, in the whole cluster; 0 = as many as there are nodes."));
    all.add(
        number(
            MOVE_CONCURRENCY_NODE, 2, 1, 100, "Replicas that move to or from one node at a time."));
    all.add(
        number(
            REPLICATION_TARGET,
            Commands.REPLICATION_TARGET_DEFAULT,
            1,
            5,
            "Copies of each shard once there are enough nodes: 1, 3 or 5."));
    all.add(
        bytes(
            SPLIT_BYTES,
            "512m",
            64 << 10,
            1L << 44,
            "A shard that holds so many bytes is cut into two by itself."));
    all.add(
        number(
            SPLIT_COOL_DOWN,
            60,
            0,
            DAY,
            "For so many seconds after a change of its range a shard is not cut for its load."));
    all.add(
        number(
            SPLIT_CPU,
            80,
            0,
            100_000,
            "A shard that keeps one node's processors so busy, in percent of one, is cut where"
                + " its load halves; 0 = never for this reason."));
    all.add(
        number(
            SPLIT_LOAD_SECONDS,
            30,
            1,
            DAY,
            "For so many seconds on end a shard must be too busy before it is cut for it."));
    all.add(
        number(
            SPLIT_OPERATIONS,
            20_000,
            0,
            1_000_000_000,
            "A shard that has so many reads and writes per second is cut where its load halves;"
                + " 0 = never for this reason."));
    all.sort((a, b) -> a.name().compareTo(b.name()));
    Map<String, Known> byName = new LinkedHashMap<>();
    all.forEach(known -> byName.put(known.name(), known));
    return byName;
  }

  private static Known onOff(String name, String description) {
    return new Known(name, Form.SWITCH, "on", 0, 1, description);
  }

  private static Known number(
      String name, long byDefault, long least, long most, String description) {
    return new Known(name, Form.NUMBER, Long.toString(byDefault), least, most, description);
  }

  private static Known bytes(
      String name, String byDefault, long least, long most, String description) {
    return new Known(name, Form.BYTES, byDefault, least, most, description);
  }

  /**
   * Refuses the name of a setting that does not exist.
   *
   * @throws HengeException INVALID_ARGUMENT with the names that do
   */
  public static void requireKnown(String name) {
    if (!TABLE.containsKey(name)) {
      throw HengeException.invalid(
          "there is no setting "
              + Names.shown(name)
              + "; there are: "
              + String.join(", ", TABLE.keySet()));
    }
  }

  /**
   * Refuses a name that does not exist and a value that makes no sense for it.
   *
   * @param value empty = back to the default
   * @throws HengeException INVALID_ARGUMENT with what would make sense
   */
  public static void requireValid(String name, String value) {
    requireKnown(name);
    Known known = require(name);
    if (value.isEmpty()) {
      return;
    }
    Long parsed = parse(known, value);
    boolean good = parsed != null && parsed >= known.least() && parsed <= known.most();
    if (name.equals(REPLICATION_TARGET) && parsed != null) {
      good &= parsed % 2 == 1;
    }
    if (!good) {
      throw HengeException.invalid(
          "setting " + name + " takes " + expected(known) + ", not " + Names.shown(value));
    }
  }

  private static String expected(Known known) {
    if (known.name().equals(REPLICATION_TARGET)) {
      return "1, 3 or 5";
    }
    String bounds = known.least() + " to " + known.most();
    return switch (known.form()) {
      case SWITCH -> "on or off";
      case NUMBER -> "a whole number from " + bounds;
      case BYTES -> "bytes from " + bounds + ", such as 512m or 2g";
    };
  }

  private static Known require(String name) {
    Known known = TABLE.get(name);
    if (known == null) {
      throw new IllegalArgumentException("no setting " + name);
    }
    return known;
  }

  private static @Nullable Long parse(Known known, String value) {
    String text = value.toLowerCase(Locale.ROOT);
    if (known.form() == Form.SWITCH) {
      return text.equals("on") ? Long.valueOf(1) : text.equals("off") ? Long.valueOf(0) : null;
    }
    int unit = 0;
    if (known.form() == Form.BYTES) {
      if (text.endsWith("ib")) {
        text = text.substring(0, text.length() - 2);
      } else if (text.endsWith("b")) {
        text = text.substring(0, text.length() - 1);
      }
      unit = text.isEmpty() ? 0 : "kmgt".indexOf(text.charAt(text.length() - 1)) + 1;
      text = unit == 0 ? text : text.substring(0, text.length() - 1);
    }
    if (text.isEmpty() || text.length() > 15 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return null;
    }
    long number = Long.parseLong(text);
    return number > Long.MAX_VALUE >> (10 * unit) ? null : number << (10 * unit);
  }

  /** What is set, as it was written; the default if nothing is. */
  public String text(String name) {
    if (name.equals(REPLICATION_TARGET) && cluster.getReplicationTarget() != 0) {
      return Integer.toString(cluster.getReplicationTarget());
    }
    String value = cluster.getSettingsOrDefault(name, "");
    return value.isEmpty() ? require(name).byDefault() : value;
  }

  /** A number: bytes, seconds, a count. */
  public long number(String name) {
    Known known = require(name);
    Long parsed = parse(known, text(name));
    if (parsed != null && parsed >= known.least() && parsed <= known.most()) {
      return parsed;
    }
    Long byDefault = parse(known, known.byDefault());
    if (byDefault == null) {
      throw new IllegalStateException("the default of " + name + " cannot be read");
    }
    return byDefault;
  }

  public boolean isOn(String name) {
    return number(name) == 1;
  }
}
