package io.henge.bench.micro;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.WriteCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Applying one log entry of 16 inserted documents (1,000 bytes, in 1,000 families) on RocksDB: what
 * lists and totals that are kept within families add to a write on every replica. Divide by 16 for
 * one write.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
@Fork(1)
public class ApplyDocumentsBenchmark {
  private static final int SOURCES = 1;
  private static final int HOLDERS = 2;
  private static final int FAMILIES = 1_000;
  private static final int OPERATIONS = 16;
  private static final int FIELDS = 10;
  private static final int LAST = 20;

  private static final CopyRule LIST =
      rule(1, CopyRule.Kind.LIST, List.of(new CopyRule.Field("id", "id")), "recent", LAST, "id");
  private static final CopyRule COUNT = rule(2, CopyRule.Kind.COUNT, List.of(), "count", 0, "");
  private static final CopyRule SUM =
      rule(3, CopyRule.Kind.SUM, List.of(new CopyRule.Field("total", "")), "spent", 0, "");

  /** What the holders of the families have. */
  @Param({"nothing", "list", "totals", "both"})
  public String rules = "nothing";

  private final SplittableRandom random = new SplittableRandom(1);
  private @Nullable AppliedShard shard;
  private byte[] bytes = new byte[0];
  private long newest;

  private static CopyRule rule(
      int id, CopyRule.Kind kind, List<CopyRule.Field> fields, String target, int last, String by) {
    return new CopyRule(
        id,
        kind,
        SOURCES,
        fields,
        target,
        List.of(),
        last,
        by,
        0,
        CopyRule.WhenDeleted.KEEP,
        CopyRule.State.LIVE);
  }

  private List<CopyRule> declared() {
    return switch (rules) {
      case "list" -> List.of(LIST);
      case "totals" -> List.of(COUNT, SUM);
      case "both" -> List.of(LIST, COUNT, SUM);
      default -> List.of();
    };
  }

  private static CollectionInfo collection(
      int id, String name, List<String> idPaths, List<CopyRule> rules) {
    return new CollectionInfo(
        id,
        name,
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(List.of("family"), idPaths, "", List.of(), rules, null));
  }

  /** A fresh shard with a holder for each family. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    shard =
        new AppliedShard(
            List.of(
                collection(SOURCES, "sources", List.of("id"), List.of()),
                collection(HOLDERS, "holders", List.of("family"), declared())));
    for (long family = 0; family < FAMILIES; family++) {
      write(List.of(JsonObject.builder().put("family", family).build()), HOLDERS);
      apply();
    }
  }

  /** Makes the next entry; not measured. */
  @Setup(Level.Invocation)
  public void prepare() {
    List<JsonObject> documents = new ArrayList<>(OPERATIONS);
    for (int i = 0; i < OPERATIONS; i++) {
      newest++;
      JsonObject.Builder document =
          JsonObject.builder()
              .put("family", random.nextLong(FAMILIES))
              .put("id", newest)
              .put("total", newest % 100);
      for (int field = 0; field < FIELDS; field++) {
        document.put("field" + field, "x".repeat(90));
      }
      documents.add(document.build());
    }
    write(documents, SOURCES);
  }

  private void write(List<JsonObject> documents, int collection) {
    AppliedShard applied = Objects.requireNonNull(shard);
    EntryHeader header = applied.header(EntryKind.WRITES);
    List<WriteCommand> commands = new ArrayList<>(documents.size());
    for (JsonObject document : documents) {
      Key family = Key.of(number(document, "family"));
      Key id = collection == HOLDERS ? Key.EMPTY : Key.of(number(document, "id"));
      commands.add(
          applied.command(
              header,
              new Mutation(
                  PhysicalKey.of(family, collection, id),
                  Condition.none(),
                  new Action.Put(
                      new Value.Document(DocumentCodec.encode(document)), Action.TTL_DEFAULT),
                  false)));
    }
    bytes = EntryCodec.encode(new Entry.Writes(header, commands));
  }

  private static long number(JsonObject document, String name) {
    return ((JsonNumber) Objects.requireNonNull(document.get(name))).longValue();
  }

  @Benchmark
  public @Nullable Object apply() {
    return Objects.requireNonNull(shard).apply(bytes, null);
  }

  /** Removes everything. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    if (shard != null) {
      shard.close();
    }
  }
}
