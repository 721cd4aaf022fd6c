package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Who a node is, as its directory says: {@code node.properties}.
 *
 * @param name the operator's name
 * @param incarnation 16 hex digits, made with the directory: the node's id everywhere
 * @param clusterId a UUID; empty until the node has entered a cluster
 * @param phase how far entering has come
 * @param clientPort stored when chosen, reused at every start
 */
public record NodeIdentity(
    String name,
    String incarnation,
    String clusterId,
    Phase phase,
    int clientPort,
    int raftPort,
    int httpPort,
    int shards,
    int replicationTarget) {

  /** Format of the directory that this version writes; it reads all up to it. */
  public static final int FORMAT = 1;

  /** How far a node has come in entering a cluster. */
  public enum Phase {
    /** Makes a cluster; not all of its groups exist yet. */
    FORMING,
    /** Has not been let into its cluster yet. */
    JOINING,
    /** Belongs to its cluster for good. */
    MEMBER
  }

  /** A new incarnation. */
  public static NodeIdentity create(String name, boolean join, int shards, int replicationTarget) {
    long id = new SecureRandom().nextLong();
    return new NodeIdentity(
        name,
        HexFormat.of().toHexDigits(id),
        join ? "" : UUID.randomUUID().toString(),
        join ? Phase.JOINING : Phase.FORMING,
        0,
        0,
        0,
        shards,
        replicationTarget);
  }

  public NodeIdentity withPorts(int client, int raft, int http) {
    return new NodeIdentity(
        name, incarnation, clusterId, phase, client, raft, http, shards, replicationTarget);
  }

  public NodeIdentity member(String cluster) {
    return new NodeIdentity(
        name,
        incarnation,
        cluster,
        Phase.MEMBER,
        clientPort,
        raftPort,
        httpPort,
        shards,
        replicationTarget);
  }

  /** Upper half of the cluster's id: what its groups are named after. */
  public long clusterBits() {
    return UUID.fromString(clusterId).getMostSignificantBits();
  }

  String toText() {
    Map<String, Object> fields = new TreeMap<>();
    fields.put("format", FORMAT);
    fields.put("name", name);
    fields.put("incarnation", incarnation);
    fields.put("cluster.id", clusterId);
    fields.put("phase", phase.name());
    fields.put("port.client", clientPort);
    fields.put("port.raft", raftPort);
    fields.put("port.http", httpPort);
    fields.put("forming.shards", shards);
    fields.put("forming.replication.target", replicationTarget);
    StringBuilder text =
        new StringBuilder("# Identity of a Henge node. Made by it; do not edit or copy.\n");
    fields.forEach((field, value) -> text.append(field).append('=').append(value).append('\n'));
    return text.toString();
  }

  static NodeIdentity of(Properties properties, String file) {
    int format = number(properties, "format", file);
    if (format > FORMAT) {
      throw new HengeException(
          ErrorCode.CORRUPTION,
          file
              + ": format "
              + format
              + " is newer than "
              + FORMAT
              + ", the newest this version reads; start it with the version that wrote it");
    }
    return new NodeIdentity(
        text(properties, "name", file),
        text(properties, "incarnation", file),
        properties.getProperty("cluster.id", ""),
        Phase.valueOf(text(properties, "phase", file)),
        number(properties, "port.client", file),
        number(properties, "port.raft", file),
        number(properties, "port.http", file),
        number(properties, "forming.shards", file),
        number(properties, "forming.replication.target", file));
  }

  private static int number(Properties properties, String field, String file) {
    String value = text(properties, field, file);
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw damaged(file, field, value);
    }
  }

  private static String text(Properties properties, String field, String file) {
    String value = properties.getProperty(field, "");
    if (value.isEmpty()) {
      throw damaged(file, field, value);
    }
    return value;
  }

  private static HengeException damaged(String file, String field, String value) {
    return new HengeException(
        ErrorCode.CORRUPTION,
        file
            + ": "
            + field
            + " is '"
            + value
            + "', which no version writes; restore the file, or start with an empty directory");
  }
}
