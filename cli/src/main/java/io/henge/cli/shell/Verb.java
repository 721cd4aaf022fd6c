package io.henge.cli.shell;

import io.henge.api.error.Spelling;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What the shell can be told to do, with the help for it. */
public enum Verb {
  PUT(
      "put COLLECTION SHARDING-KEY [SORT-KEY] VALUE [ttl DURATION|never] [if absent|present|version N]",
      "store an item",
      "put carts ann pear \"two ripe ones\"",
      "put customers (\"eu\", 42) {\"name\": \"Ann\"} if absent",
      "put sessions s-17 \"signed in\" ttl 10s",
      "put stock pear 100"),
  GET(
      "get COLLECTION SHARDING-KEY [SORT-KEY] [at linearizable|session|bounded DURATION|eventual]"
          + " [with copies]",
      "read an item",
      "get carts ann pear",
      "get customers (\"eu\", 42)",
      "get stock pear at bounded 5s"),
  DEL(
      "del COLLECTION SHARDING-KEY [SORT-KEY] [if present|version N | where FILTER] [returning old]",
      "delete an item or a document; where is of documents",
      "del carts ann pear",
      "del orders 42 o-1 where (status = \"void\") returning old"),
  SCAN(
      "scan COLLECTION SHARDING-KEY [from SORT-KEY] [to SORT-KEY] [reverse] [limit N] [at ...]",
      "read the items of a sharding key in order; from is included, to is not",
      "scan carts ann",
      "scan carts ann from a to q limit 10",
      "scan carts ann reverse limit 1"),
  CAS(
      "cas COLLECTION SHARDING-KEY [SORT-KEY] EXPECTED VALUE",
      "store a value if the item has the expected one",
      "cas orders 1001 open paid"),
  INCR(
      "incr COLLECTION SHARDING-KEY [SORT-KEY] [by N]",
      "add to a counter, which begins at 0",
      "incr stock pear",
      "incr stock pear by -2"),
  APPEND(
      "append COLLECTION SHARDING-KEY [SORT-KEY] VALUE",
      "append to a value, which begins empty",
      "append notes ann \"called back; \""),
  TTL(
      "ttl COLLECTION SHARDING-KEY [SORT-KEY] DURATION|never|default",
      "set when an item expires",
      "ttl carts ann pear 30m",
      "ttl carts ann pear never"),
  INSERT(
      "insert COLLECTION DOCUMENT [ttl DURATION|never] [returning new]",
      "store a document that is not there yet",
      "insert orders {\"user_id\": 42, \"order_id\": \"o-1\", \"total\": 19.90}"),
  REPLACE(
      "replace COLLECTION DOCUMENT [if version N | where FILTER] [ttl DURATION|never] [returning old|new]",
      "store a document in the place of one that is there",
      "replace orders {\"user_id\": 42, \"order_id\": \"o-1\", \"status\": \"open\"}"),
  UPSERT(
      "upsert COLLECTION DOCUMENT [if version N | where FILTER] [ttl DURATION|never] [returning old|new]",
      "store a document, whether or not it is there",
      "upsert orders {\"user_id\": 42, \"order_id\": \"o-1\", \"status\": \"open\"}"),
  PATCH(
      "patch COLLECTION SHARDING-KEY [ID] PATCH [or insert DOCUMENT] [if version N | where FILTER]"
          + " [returning old|new]",
      "change parts of a document: set, unset, inc, min, max, push, pull, addToSet, merge; or insert says"
          + " what to begin from if there is none",
      "patch orders 42 o-1 {\"set\": {\"status\": \"paid\"}, \"inc\": {\"changes\": 1}}",
      "patch orders 42 o-1 {\"set\": {\"status\": \"sent\"}} where (status = \"paid\") returning new",
      "patch hits 42 {\"inc\": {\"n\": 1}} or insert {\"user_id\": 42}"),
  BATCH(
      "batch WRITE and WRITE [and WRITE]...",
      "writes of one sharding key, in any collections: all of them take effect, or none; a line may end"
          + " behind and",
      "batch insert orders {\"user_id\": 42, \"order_id\": \"o-1\"} and patch users 42 {\"inc\": {\"orders\": 1}}",
      "batch del carts 42 and insert orders {\"user_id\": 42, \"order_id\": \"o-2\"} returning new"),
  FIND(
      "find COLLECTION SHARDING-KEY|all shards [where FILTER] [fields PATH[, PATH...]]"
          + " [sort PATH [desc][, ...]] [limit N] [after CURSOR] [as table|pretty] [at ...] [with copies]",
      "look for documents of one sharding key, or on all shards",
      "find orders 42 where (total > 10 and status in (\"open\", \"paid\"))",
      "find orders 42 fields order_id, total sort total desc limit 3 as table",
      "find orders all shards where (status = \"open\")"),
  TOTALS(
      "totals COLLECTION SHARDING-KEY|all shards [of PATH] [where FILTER] [at ...]",
      "count documents; of the values at a path also sum, average, smallest and largest",
      "totals orders 42 of total",
      "totals orders all shards where (status = \"open\")"),
  FAMILY(
      "family SHARDING-KEY [limit N] [after CURSOR] [at ...] [with copies]",
      "read everything of a sharding key, over all collections",
      "family 42",
      "family (eu, 42) limit 100"),
  CREATE(
      "create collection NAME [documents shard by PATH[, PATH...] [id PATH[, PATH...]] [expiring at PATH]"
          + " [index NAME (PATH [desc][, ...])]...] [ttl DURATION] [divisible] [if absent]"
          + " | create index NAME on COLLECTION (PATH [desc][, ...]) [wait]",
      "make a collection: of items, or of documents with their keys in fields of their own; or an index",
      "create collection carts",
      "create collection sessions ttl 30m",
      "create collection orders documents shard by user_id id order_id",
      "create index by_total on orders (total desc, created_at)"),
  DROP(
      "drop collection NAME | index NAME on COLLECTION | copy NUMBER|HOLDER.PATH [keep]"
          + " | changes on COLLECTION",
      "drop a collection and all its items, an index, a copy, or the changes of a collection",
      "drop collection carts",
      "drop index by_total on orders",
      "drop copy users.recent_orders keep"),
  INDEXES("indexes [COLLECTION]", "list the indexes, and how far they are built", "indexes"),
  COPY(
      "copy SOURCE(PATH [as NAME][, ...]) into HOLDER[.PATH] [on PATH[, ...]]"
          + " last N by PATH | at write | follow within DURATION [when deleted null|keep]"
          + " | copy HOLDER.PATH = count(SOURCE) | sum(SOURCE.PATH) [on PATH[, ...]] ... [replace] [wait]",
      "have the engine keep fields of documents in others; replace takes the place of the copy that writes"
          + " the same fields",
      "copy orders(order_id, total, status) into users.recent_orders last 20 by created_at",
      "copy users.order_count = count(orders)",
      "copy users.spent = sum(orders.total)",
      "copy products(name, price) into orders.items[] on product_id at write",
      "copy products(name as product_name) into orders.items[] on product_id follow within 5s"),
  COPIES(
      "copies [status] [COLLECTION]",
      "list the declared copies and how far they are built, or how they keep up with their sources",
      "copies",
      "copies users",
      "copies status"),
  CHANGES(
      "changes on COLLECTION for DURATION [before]",
      "keep the changes of a collection for those who watch it, each with the document before it if"
          + " you like",
      "changes on orders for 24h",
      "changes on orders for 24h before"),
  WATCH(
      "watch COLLECTION [SHARDING-KEY] [from now|start|TOKEN] [where FILTER] [limit N] [for DURATION]",
      "show the changes of a collection as they happen, until ctrl-c; tell where to go on from",
      "watch orders",
      "watch orders 42 from start where \"total > 10\" limit 100"),
  VERIFY(
      "verify [COLLECTION] [repair]",
      "hold indexes, lists and totals against the documents; mend what is wrong",
      "verify",
      "verify orders repair"),
  COLLECTIONS("collections", "list the collections", "collections"),
  EXPLAIN(
      "explain get COLLECTION SHARDING-KEY [SORT-KEY] [at ...] | explain find ... | explain shard"
          + " SHARD",
      "tell the path a read took; how a find is read, and by which index; or what happens to a"
          + " shard, and why",
      "explain get carts ann pear",
      "explain get carts ann pear at eventual",
      "explain find orders 42 where \"total > 10\" sort total",
      "explain find orders all shards where \"status = \\\"open\\\"\"",
      "explain shard 1"),
  STATUS("status", "the state of the cluster", "status"),
  NODES("nodes", "list the nodes", "nodes"),
  SHARDS("shards", "list the shards and their replicas", "shards"),
  RING("ring", "draw the ring: which shard lies where, and who leads it", "ring"),
  SPLIT(
      "split SHARD [at SHARDING-KEY] [wait]",
      "cut a shard in two: in the middle of its data, or at a sharding key",
      "split 1",
      "split 1 at ann",
      "split 1 wait"),
  MERGE("merge SHARD [wait]", "join a shard and its right neighbour on the ring", "merge 1"),
  MOVE(
      "move SHARD from NODE to NODE [wait]",
      "move one replica of a shard to another node",
      "move 1 from n1 to n4"),
  TRANSFER("transfer SHARD to NODE", "hand the leadership of a shard over", "transfer 1 to n2"),
  DRAIN("drain NODE [wait]", "move everything away from a node", "drain n4"),
  REMOVE(
      "remove NODE [dead] [wait]",
      "take a node out for good: emptied first, or dead and gone",
      "remove n4",
      "remove n4 dead"),
  OPERATIONS(
      "operations [all]",
      "what is under way, how far it is and what hinders it",
      "operations",
      "operations all"),
  PAUSE("pause OPERATION", "stop an operation where it stands", "pause 1"),
  RESUME("resume OPERATION", "let a paused operation go on", "resume 1"),
  CANCEL("cancel OPERATION", "take an operation back", "cancel 1"),
  PLAN("plan", "what the cluster would do now by itself, and why", "plan"),
  UPGRADE(
      "upgrade [to LEVEL] [dry-run]",
      "let the cluster write what every node reads, for ever; dry-run shows what that would be",
      "upgrade dry-run",
      "upgrade",
      "upgrade to 2"),
  SETTINGS("settings", "the settings of the cluster", "settings"),
  SET(
      "set SETTING VALUE|default",
      "change a setting of the cluster",
      "set split-bytes 1g",
      "set split-bytes default"),
  HELP("help [VERB]", "this help, or that of one verb", "help put"),
  EXIT("exit", "leave the shell (also quit, or ctrl-d)", "exit");

  private final String usage;
  private final String summary;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> examples;

  Verb(String usage, String summary, String... examples) {
    this.usage = usage;
    this.summary = summary;
    this.examples = List.of(examples);
  }

  /** As it is typed. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  public String usage() {
    return usage;
  }

  public String summary() {
    return summary;
  }

  /** Statements that can be run as they stand. */
  public List<String> examples() {
    return examples;
  }

  /** Whether it is a write that may take effect together with others. */
  boolean canBeInBatch() {
    return switch (this) {
      case PUT, DEL, CAS, INCR, APPEND, INSERT, REPLACE, UPSERT, PATCH -> true;
      default -> false;
    };
  }

  static Optional<Verb> of(String word) {
    String known = word.equals("quit") ? "exit" : word;
    return Arrays.stream(values()).filter(verb -> verb.word().equals(known)).findFirst();
  }

  /** The verb that a mistyped word is nearest to, if any is near. */
  static Optional<Verb> nearest(String word) {
    return Spelling.nearest(word, Arrays.stream(values()).map(Verb::word).toList())
        .flatMap(Verb::of);
  }
}
