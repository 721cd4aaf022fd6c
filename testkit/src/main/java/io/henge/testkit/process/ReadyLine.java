package io.henge.testkit.process;

import java.util.HashMap;
import java.util.Map;

/**
 * What a server prints once it serves.
 *
 * @param id incarnation id of the node
 * @param client address for clients, as {@code host:port}
 */
public record ReadyLine(
    String name, String id, String cluster, String client, String raft, String http) {
  static final String FIRST_WORD = "ready";

  /**
   * Parses the line.
   *
   * @throws IllegalArgumentException if it is not such a line
   */
  public static ReadyLine parse(String line) {
    String[] words = line.strip().split(" ");
    if (!words[0].equals(FIRST_WORD)) {
      throw new IllegalArgumentException(
          "found '" + line + "', expected a line that begins with ready");
    }
    Map<String, String> fields = new HashMap<>();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "found '" + words[i] + "' in '" + line + "', expected name=value");
      }
      fields.put(words[i].substring(0, equals), words[i].substring(equals + 1));
    }
    return new ReadyLine(
        field(fields, "name", line),
        field(fields, "id", line),
        field(fields, "cluster", line),
        field(fields, "client", line),
        field(fields, "raft", line),
        field(fields, "http", line));
  }

  private static String field(Map<String, String> fields, String name, String line) {
    String value = fields.get(name);
    if (value == null) {
      throw new IllegalArgumentException("found no " + name + "= in '" + line + "'");
    }
    return value;
  }
}
