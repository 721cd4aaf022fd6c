package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.DurableFiles;
import io.henge.engine.StoreFailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tombstones of the replicas that were on this node: what was deleted must not be made again by a
 * replay of an older log. A small file, replaced as a whole and on disk when a method returns.
 *
 * <pre>
 *   henge-registry 1
 *   removing 7          it is being deleted: a start goes on with that before anything else
 *   gone 5              it is deleted; a replay makes no seed of it, but meta may bring it back
 * </pre>
 *
 * <p>Thread-safe. What changes it blocks.
 */
final class Registry {
  /** What became of a replica. */
  enum State {
    REMOVING,
    GONE
  }

  private static final String FILE = "registry";
  private static final String HEADER = "henge-registry 1";

  private final Path file;
  private final Map<Long, State> states = new TreeMap<>();

  private Registry(Path file) {
    this.file = file;
  }

  /**
   * Reads the registry of a node, empty if there is none.
   *
   * @param directory of the node
   * @throws HengeException CORRUPTION if it is damaged or of a newer format
   */
  static Registry open(Path directory) {
    Registry registry = new Registry(directory.resolve(FILE));
    registry.load();
    return registry;
  }

  private synchronized void load() {
    List<String> lines;
    try {
      if (!Files.exists(file)) {
        return;
      }
      lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new StoreFailedException(file + ": cannot be read: " + e, e);
    }
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      throw damaged("'" + HEADER + "' expected in its first line");
    }
    for (String line : lines.subList(1, lines.size())) {
      String[] words = line.split(" ", -1);
      State state = words.length == 2 ? state(words[0]) : null;
      if (state == null || !words[1].matches("[0-9]{1,18}")) {
        throw damaged("'removing' or 'gone' and a shard's number expected, found '" + line + "'");
      }
      states.put(Long.parseLong(words[1]), state);
    }
  }

  private static @Nullable State state(String word) {
    return switch (word) {
      case "removing" -> State.REMOVING;
      case "gone" -> State.GONE;
      default -> null;
    };
  }

  private HengeException damaged(String what) {
    return new HengeException(
        ErrorCode.CORRUPTION, file + " is damaged or of a newer format: " + what);
  }

  /** Null if the shard never had a replica here that was removed. */
  synchronized @Nullable State of(long shardId) {
    return states.get(shardId);
  }

  /** Replicas whose deletion is not finished. */
  synchronized List<Long> removing() {
    return states.entrySet().stream()
        .filter(each -> each.getValue() == State.REMOVING)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Sets what is known of a shard; null = nothing any more. */
  synchronized void set(long shardId, @Nullable State state) {
    State before = state == null ? states.remove(shardId) : states.put(shardId, state);
    if (before == state) {
      return;
    }
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    states.forEach(
        (id, each) ->
            text.append(each == State.REMOVING ? "removing " : "gone ").append(id).append('\n'));
    try {
      DurableFiles.replace(file, text.toString().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new StoreFailedException(file + ": cannot be written: " + e, e);
    }
  }
}
