package io.henge.server.http;

import java.util.Locale;

/** Every metric of a node. Names are for ever; the reference page is made from this list. */
public enum Metric {
  REQUESTS(
      "henge.requests",
      Type.TIMER,
      "seconds",
      "Requests answered by this node and how long they took here; `via` tells whether this node"
          + " served them or passed them on, `outcome` is OK or the error's code",
      "kind",
      "outcome",
      "via"),
  COPY_LAG(
      "henge.copy.lag",
      Type.TIMER,
      "seconds",
      "From a change of a followed document until all of its copies have it, by id of the copy"
          + " (`copies` lists them); told by the node that leads the document's shard",
      "rule"),
  COPY_BOUND_EXCEEDED(
      "henge.copy.bound.exceeded",
      Type.COUNTER,
      "changes",
      "Changes that have reached all of their copies later than was declared",
      "rule"),
  COPY_HOLDERS(
      "henge.copy.holders.updated",
      Type.COUNTER,
      "documents",
      "Documents that were changed because one that they follow has changed",
      "rule"),
  COPY_WAITING(
      "henge.copy.waiting.seconds",
      Type.GAUGE,
      "seconds",
      "For how long the oldest change of a followed document waits that has not reached all of its"
          + " copies, or a document with copies to be registered at what it follows; in the shards"
          + " that this node leads, each second; 0 = none waits",
      "rule"),
  COPY_BOUND(
      "henge.copy.bound.seconds",
      Type.GAUGE,
      "seconds",
      "Within what time changes are to reach their copies, as declared; told with"
          + " `henge_copy_waiting_seconds`, to be compared with it",
      "rule"),
  OUTBOX_ROWS(
      "henge.outbox.rows",
      Type.GAUGE,
      "rows",
      "Followed documents at which this shard is still to be registered; told by its leader, up to"
          + " 10,000",
      "shard"),
  FANOUT_ROWS(
      "henge.fanout.rows",
      Type.GAUGE,
      "rows",
      "Documents of this shard with a change that has not reached all of its copies; told by its"
          + " leader, up to 10,000",
      "shard"),
  MISSING_SOURCES(
      "henge.missing.sources",
      Type.COUNTER,
      "writes",
      "Writes that were proposed twice, since they lacked documents of other shards to copy from"),
  FORESEEN_SOURCES(
      "henge.foreseen.sources",
      Type.COUNTER,
      "writes",
      "Writes for which documents of other shards were read before they were proposed, and so once"),
  SHARD_WRITES("henge.shard.writes", Type.COUNTER, "writes", "Writes applied since start", "shard"),
  SHARD_READS("henge.shard.reads", Type.COUNTER, "reads", "Reads served since start", "shard"),
  SHARD_ENTRIES(
      "henge.shard.entries", Type.COUNTER, "entries", "Log entries applied since start", "shard"),
  SHARD_WRITES_PER_ENTRY(
      "henge.shard.writes.per.entry",
      Type.GAUGE,
      "writes",
      "Writes that one log entry carries, on average since start: what decides the throughput",
      "shard"),
  DOCUMENT_WRITES(
      "henge.document.writes",
      Type.COUNTER,
      "documents",
      "Mutations of documents that were evaluated here since start: put, patch, patch_unchanged (it"
          + " left the document as it was), delete; expiries are not among them",
      "shard",
      "kind"),
  PATCH_STEPS(
      "henge.patch.steps",
      Type.COUNTER,
      "steps",
      "Steps that patches took here since start; a write may take 2,000,000",
      "shard"),
  PATCHED_BYTES(
      "henge.patched.bytes",
      Type.COUNTER,
      "bytes",
      "Bytes of patched documents, before and after: what patches make apply read and write",
      "shard"),
  FIND_ROWS_LOOKED_AT(
      "henge.find.rows.looked.at",
      Type.COUNTER,
      "rows",
      "Rows that finds have looked at on this node"),
  FIND_ROWS("henge.find.rows", Type.COUNTER, "rows", "Documents that finds have given back"),
  SHARD_ENTRY_WRITES(
      "henge.shard.entry.writes",
      Type.HISTOGRAM,
      "writes",
      "Writes of each log entry applied here that carries any",
      "shard"),
  SHARD_ENTRY_BYTES(
      "henge.shard.entry.bytes",
      Type.HISTOGRAM,
      "bytes",
      "Size of each log entry applied here",
      "shard"),
  SHARD_APPLY(
      "henge.shard.apply",
      Type.TIMER,
      "seconds",
      "How long each log entry took to be applied on this replica, its batch written; high values"
          + " mean that the store stalls",
      "shard"),
  SHARD_PROPOSAL(
      "henge.shard.proposal",
      Type.TIMER,
      "seconds",
      "From the proposal of an entry on this leader until it was applied here, on disk at a"
          + " majority: what a write waits for, beside the queue",
      "shard"),
  SHARD_INSTALL(
      "henge.shard.snapshot.install",
      Type.TIMER,
      "seconds",
      "How long putting a fetched snapshot in the place of this replica's store took",
      "shard"),
  SHARD_QUEUE(
      "henge.shard.queue",
      Type.GAUGE,
      "writes",
      "Writes that wait to be proposed on this replica",
      "shard"),
  SHARD_LEADER(
      "henge.shard.leader", Type.GAUGE, "", "1 if this replica leads its shard, else 0", "shard"),
  SHARD_LEASE(
      "henge.shard.lease",
      Type.GAUGE,
      "",
      "1 if this replica may serve linearizable reads without asking, else 0",
      "shard"),
  SHARD_LEADERSHIPS(
      "henge.shard.leaderships",
      Type.COUNTER,
      "leaderships",
      "How often this replica has become the leader since start",
      "shard"),
  SHARD_TAKEOVER(
      "henge.shard.takeover",
      Type.GAUGE,
      "seconds",
      "When this replica last became the leader: time from the last entry of another leader to the"
          + " first one of its own, with which it serves; what the failover cost the shard",
      "shard"),
  SHARD_TERM("henge.shard.term", Type.GAUGE, "", "Term of the shard's leadership", "shard"),
  SHARD_APPLIED(
      "henge.shard.applied.index", Type.GAUGE, "", "Last log entry applied here", "shard"),
  SHARD_DURABLE(
      "henge.shard.durable.index",
      Type.GAUGE,
      "",
      "Last log entry whose effects are flushed to disk; a restart replays from here",
      "shard"),
  SHARD_LAG(
      "henge.shard.lag",
      Type.GAUGE,
      "entries",
      "Entries known to be committed and not yet applied here",
      "shard"),
  STORE_BYTES("henge.store.bytes", Type.GAUGE, "bytes", "Bytes of the store's files", "shard"),
  STORE_MEMTABLE_BYTES(
      "henge.store.memtable.bytes", Type.GAUGE, "bytes", "Bytes not yet flushed", "shard"),
  STORE_ROWS(
      "henge.store.rows",
      Type.GAUGE,
      "rows",
      "Rows in the store, estimated; an item is one row, one more if it expires",
      "shard"),
  CHANGES_BYTES(
      "henge.changes.bytes",
      Type.GAUGE,
      "bytes",
      "Changes of documents that are kept for those who watch them, as rows of this replica, about",
      "shard"),
  CHANGES_OLDEST(
      "henge.changes.oldest.seconds",
      Type.GAUGE,
      "seconds",
      "Age of the oldest of these changes; told by the shard's leader while it keeps any, else 0",
      "shard"),
  FILLS(
      "henge.fills.running",
      Type.GAUGE,
      "fills",
      "Indexes and copies that this replica is building, or taking away, document by document",
      "shard"),
  FILL_DOCUMENTS(
      "henge.fill.documents",
      Type.COUNTER,
      "documents",
      "Documents that were looked at here to build indexes and copies, or to take them away, since"
          + " start",
      "shard"),
  VERIFIED_DOCUMENTS(
      "henge.verified.documents",
      Type.COUNTER,
      "documents",
      "Documents that were verified in the background by this leader since start",
      "shard"),
  COPY_DIFFERENCES(
      "henge.copy.differences",
      Type.COUNTER,
      "differences",
      "Differences between documents and what is derived from them that this leader has found in the background since start; any is worth a look",
      "shard"),
  COPY_WRONG(
      "henge.copy.wrong",
      Type.COUNTER,
      "differences",
      "Copies of documents on other shards that were not what their sources say, found by this node in the background and on demand, by id of the copy (`copies` lists them) and kind; any is worth a look",
      "rule",
      "kind"),
  COPIES_VERIFIED(
      "henge.copies.verified",
      Type.COUNTER,
      "copies",
      "Copies of documents on other shards that this node has held against their sources"),
  STORE_FLUSHES("henge.store.flushes", Type.COUNTER, "flushes", "Flushes since start", "shard"),
  STORE_COMPACTION_PENDING(
      "henge.store.compaction.pending.bytes",
      Type.GAUGE,
      "bytes",
      "Estimated bytes that compaction has still to rewrite",
      "shard"),
  REPLICAS("henge.node.replicas", Type.GAUGE, "replicas", "Replicas on this node"),
  META_VERSION("henge.meta.version", Type.GAUGE, "", "Version of the map that this node knows"),
  META_LEADER("henge.meta.leader", Type.GAUGE, "", "1 if this node leads meta, else 0"),
  NODES("henge.cluster.nodes", Type.GAUGE, "nodes", "Nodes of the cluster"),
  SNAPSHOTS_SENT(
      "henge.snapshots.sent", Type.COUNTER, "snapshots", "Snapshots opened by other nodes here"),
  SNAPSHOTS_RECEIVED(
      "henge.snapshots.received", Type.COUNTER, "snapshots", "Snapshots fetched from other nodes"),
  SNAPSHOT_BYTES(
      "henge.snapshots.received.bytes",
      Type.COUNTER,
      "bytes",
      "Bytes of snapshots fetched from other nodes, broken off ones included"),
  SNAPSHOT_FETCH(
      "henge.snapshots.fetch",
      Type.TIMER,
      "seconds",
      "How long fetching a snapshot took, from asking for it until it was on disk"),
  SPLIT_FENCE(
      "henge.split.fence",
      Type.TIMER,
      "seconds",
      "Time in which nobody served what a split had moved: from its apply on the parent's leader to"
          + " the first lease of the child, if the same node leads that"),
  REPLICA_FAULTS(
      "henge.replica.faults", Type.COUNTER, "faults", "Replicas that stopped because of a fault"),
  MEMORY_HEAP("henge.memory.heap.bytes", Type.GAUGE, "bytes", "Java heap in use"),
  MEMORY_DIRECT(
      "henge.memory.direct.bytes", Type.GAUGE, "bytes", "Direct buffers of the JVM in use"),
  PROCESS_RESIDENT(
      "henge.process.resident.bytes",
      Type.GAUGE,
      "bytes",
      "Memory of the whole process that is in RAM, native memory included; 0 where the system does"
          + " not tell"),
  PROCESS_CPU(
      "henge.process.cpu.seconds",
      Type.GAUGE,
      "seconds",
      "Processor time of the whole process since it began, user and system"),
  UPTIME("henge.node.uptime", Type.GAUGE, "seconds", "Time since this node was started");

  /** Kinds of metrics. */
  public enum Type {
    COUNTER,
    GAUGE,
    TIMER,
    HISTOGRAM
  }

  private final String id;
  private final Type type;
  private final String unit;
  private final String description;
  private final String tags;

  Metric(String id, Type type, String unit, String description, String... tags) {
    this.id = id;
    this.type = type;
    this.unit = unit;
    this.description = description;
    this.tags = String.join(", ", tags);
  }

  /** Name with dots. */
  public String id() {
    return id;
  }

  public Type type() {
    return type;
  }

  public String unit() {
    return unit;
  }

  public String description() {
    return description;
  }

  /** With commas. */
  public String tags() {
    return tags;
  }

  /** Name as Prometheus shows it (timers and histograms add {@code _count} and more). */
  public String prometheusName() {
    String base = id.replace('.', '_');
    return switch (type) {
      case COUNTER -> base + "_total";
      case GAUGE, HISTOGRAM -> base;
      case TIMER -> base + "_seconds";
    };
  }

  /** The reference page. */
  public static String reference() {
    StringBuilder page =
        new StringBuilder(
            """
            # Metrics

            Every node serves these at `http://HTTP-ADDRESS/metrics` in the format of Prometheus. The list is made from the code
            (`io.henge.server.http.Metric`); a test compares them.

            | metric | type | unit | tags | meaning |
            |---|---|---|---|---|
            """);
    for (Metric metric : values()) {
      page.append("| `").append(metric.prometheusName()).append("` | ");
      page.append(metric.type.name().toLowerCase(Locale.ROOT)).append(" | ");
      page.append(metric.unit).append(" | ");
      page.append(metric.tags).append(" | ");
      page.append(metric.description).append(" |\n");
    }
    return page.toString();
  }
}
