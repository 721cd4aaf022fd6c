package io.henge.server;

import io.henge.api.error.HengeException;
import io.henge.server.node.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Finds everything that is wrong with a configuration, at once. */
final class ConfigCheck {
  static final int SHARDS_MAX = 1_024;
  static final long MEMORY_BYTES_MIN = 16L << 20;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final List<String> problems = new ArrayList<>();

  private ConfigCheck() {}

  /**
   * Checks a configuration.
   *
   * @throws HengeException INVALID_ARGUMENT, one line for each problem
   */
  static void require(NodeConfig config) {
    ConfigCheck check = new ConfigCheck();
    check.all(config);
    if (!check.problems.isEmpty()) {
      throw HengeException.invalid(String.join("\n", check.problems));
    }
  }

  private void all(NodeConfig config) {
    name("name", config.name());
    name("zone", config.zone());
    address("listen", config.listen());
    if (!config.raftListen().isEmpty()) {
      address("raftListen", config.raftListen());
    }
    if (!config.httpListen().isEmpty()) {
      address("httpListen", config.httpListen());
    }
    for (String address : config.join()) {
      address("join", address);
    }
    if (config.shards() < 1 || config.shards() > SHARDS_MAX) {
      problems.add("shards: 1 to " + SHARDS_MAX + " expected, found " + config.shards());
    }
    int target = config.replicationTarget();
    if (target != 1 && target != 3 && target != 5) {
      problems.add("replicationTarget: 1, 3 or 5 expected, found " + target);
    }
    if (config.memoryBytes() < MEMORY_BYTES_MIN) {
      problems.add(
          "memoryBytes: at least " + MEMORY_BYTES_MIN + " expected, found " + config.memoryBytes());
    }
    log(config.log());
  }

  private void log(LogLimits log) {
    if (log.keepEntries() != 0 && log.keepEntries() < LogLimits.KEEP_ENTRIES_MIN) {
      problems.add(
          "log.keepEntries: 0 or at least "
              + LogLimits.KEEP_ENTRIES_MIN
              + " expected, found "
              + log.keepEntries());
    }
    long bytes = log.segmentBytes();
    if (bytes != 0
        && (bytes < LogLimits.SEGMENT_BYTES_MIN || bytes > LogLimits.SEGMENT_BYTES_MAX)) {
      problems.add(
          "log.segmentBytes: 0 or "
              + LogLimits.SEGMENT_BYTES_MIN
              + " to "
              + LogLimits.SEGMENT_BYTES_MAX
              + " expected, found "
              + bytes);
    }
  }

  private void name(String field, String found) {
    if (!NAME.matcher(found).matches()) {
      problems.add(
          field
              + ": 1 to 63 letters, digits, '.', '_' or '-' expected, the first a letter or digit,"
              + " found '"
              + found
              + "'");
    }
  }

  private void address(String field, String found) {
    try {
      Address.parse(field, found);
    } catch (HengeException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }
}
