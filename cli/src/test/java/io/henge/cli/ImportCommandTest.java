package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.api.testing.Seed;
import io.henge.client.DocumentCollection;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.server.Henge;
import io.henge.testkit.process.QuickJava;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Imports into a node. */
@Tag("cluster")
@Timeout(120)
final class ImportCommandTest {
  private static Henge henge;
  private static String address;

  @TempDir private Path directory;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().shards(2).start();
    address = henge.nodes().get(0).clientAddress();
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private static HengeClient client() {
    return henge.client();
  }

  private LiveCommandLine.Result run(Object... arguments) {
    return runWithInput("", arguments);
  }

  private LiveCommandLine.Result runWithInput(String input, Object... arguments) {
    List<String> all = new ArrayList<>(List.of("import", "--connect", address));
    Arrays.stream(arguments).map(Object::toString).forEach(all::add);
    return LiveCommandLine.runWithInput(input, all.toArray(String[]::new));
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static long count(String collection) {
    return client()
        .documents(collection)
        .totalsOnAllShards("", FindOptions.ALL, ReadOptions.LINEARIZABLE)
        .count();
  }

  private static String get(String collection, Key key, Key id) {
    return client().documents(collection).get(key, id).map(s -> s.document().toString()).orElse("");
  }

  @Test
  void shouldImportTablesAsFlightDataHasThem() throws IOException {
    Random random = Seed.random(getClass().getSimpleName());
    StringBuilder airports = new StringBuilder();
    StringBuilder routes = new StringBuilder();
    int departures = 0;
    for (int i = 1; i <= 300; i++) {
      airports
          .append(i)
          .append(",\"The \"\"Nr ")
          .append(i)
          .append("\"\" Airport\",\"St. Mary\\'s\",")
          .append(i % 3 == 0 ? "\\N" : "\"A" + i + "\"")
          .append(",")
          .append(-i)
          .append(".08168978983459000100\n");
    }
    for (int i = 0; i < 5_000; i++) {
      int from = random.nextInt(300) + 1;
      departures += from == 7 ? 1 : 0;
      routes.append("2B,").append(i % 50 == 0 ? "\\N" : "410").append(",A").append(from);
      routes.append(",A").append(random.nextInt(300) + 1).append(i % 9 == 0 ? ",Y" : ",");
      routes.append(",0,320\r\n");
    }
    LiveCommandLine.Result first =
        run(
            "airports",
            file("airports.dat", airports.toString()),
            "--columns=id,name,city,iata,position.lat",
            "--types=id:number,position.lat:number",
            "--null=\\N",
            "--escape=\\",
            "--shard-by=id");
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).startsWith("300 documents imported into airports in ");
    LiveCommandLine.Result second =
        run(
            "routes",
            file("routes.dat", routes.toString()),
            "--columns=airline,airline_id,from,to,codeshare,stops,equipment",
            "--types=airline_id:number,stops:number,codeshare:boolean",
            "--null=\\N",
            "--null=",
            "--shard-by=from",
            "--id=line",
            "--line-as=line",
            "--output=json");
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(second.out())
        .startsWith("{\"collection\":\"routes\",\"complete\":true,\"documents\":5000,");
    assertThat(get("airports", Key.of(6), Key.EMPTY))
        .isEqualTo(
            "{\"id\":6,\"name\":\"The \\\"Nr 6\\\" Airport\",\"city\":\"St. Mary's\",\"iata\":null,"
                + "\"position\":{\"lat\":-6.08168978983459000100}}");
    assertThat(count("routes")).isEqualTo(5_000);
    assertThat(
            client()
                .documents("routes")
                .totals(Key.of("A7"), "", FindOptions.ALL, ReadOptions.LINEARIZABLE)
                .count())
        .isEqualTo(departures);
    assertThat(directory).isDirectoryNotContaining("glob:**.{henge-import,rejects}");
  }

  @Test
  void shouldImportJsonLinesFromStandardInput() {
    String lines = "{\"u\":\"ann\",\"n\":1.50}\n\n{\"u\":\"bob\",\"n\":12345678901234567890}\n";
    Path rejects = directory.resolve("r");
    LiveCommandLine.Result done =
        runWithInput(lines, "people", "-", "--shard-by", "u", "--rejects", rejects);
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(get("people", Key.of("bob"), Key.EMPTY))
        .isEqualTo("{\"u\":\"bob\",\"n\":12345678901234567890}");
    assertThat(runWithInput(lines, "people", "-", "--mode", "insert", "--rejects", rejects).code())
        .isEqualTo(1);
    assertThat(rejects).content().contains("\"line\":3,\"code\":\"ALREADY_EXISTS\"");
    assertThat(runWithInput(lines, "people", "-", "--rejects", rejects).code()).isZero();
    assertThat(rejects).as("of the run before").doesNotExist();
    assertThat(
            runWithInput("{\"u\":\"eve\"}", "people", "-", "--mode=replace", "--rejects", rejects)
                .code())
        .isEqualTo(1);
    assertThat(rejects).content().contains("NOT_FOUND");
    assertThat(count("people")).isEqualTo(2);
  }

  @Test
  void shouldPutWhatDoesNotFitIntoTheFileOfRejects() throws IOException {
    Path csv = file("prices.csv", "code,price\nA,1.50\nB,cheap\nC\n\"D\",\"2\"\n");
    LiveCommandLine.Result done = run("prices", csv, "--types=price:number", "--shard-by=code");
    assertThat(done.code()).isEqualTo(1);
    assertThat(done.out()).contains("2 documents imported").contains("2 rejected: " + csv);
    List<String> rejects = Files.readAllLines(Path.of(csv + ".rejects"));
    assertThat(rejects).hasSize(2);
    JsonObject first = Json.parseObject(rejects.get(0));
    assertThat(first.get("line")).isEqualTo(JsonNumber.of(3));
    assertThat(first.toString()).contains("column price: a number expected, found \\\"cheap\\\"");
    assertThat(Json.parseObject(rejects.get(1)).toString())
        .contains("\"line\":4")
        .contains("2 fields expected, found 1")
        .endsWith("\"record\":\"C\"}");
  }

  @Test
  void shouldRejectADocumentThatIsTooLargeAndGoOn() throws IOException {
    String large = "{\"k\":1,\"x\":\"" + "y".repeat(2 << 20) + "\"}\n";
    String huge = "{\"k\":2,\"x\":\"" + "y".repeat(9 << 20) + "\"}\n";
    Path file = file("large.jsonl", large + huge + "{\"k\":3}\n");
    LiveCommandLine.Result done = run("large", file, "--shard-by=k");
    assertThat(done.code()).isEqualTo(1);
    assertThat(done.out()).contains("1 document imported");
    List<String> rejects = Files.readAllLines(Path.of(file + ".rejects"));
    assertThat(rejects).hasSize(2).allMatch(line -> line.length() < 20_000);
    assertThat(rejects.get(1)).contains("a record of more than 8388608 bytes");
  }

  @Test
  void shouldGoOnWhereItWas() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 2_000; i++) {
      lines.append(i == 1_000 ? "?\n" : "{\"k\":" + i + "}\n");
    }
    Path file = file("many.jsonl", lines.toString());
    LiveCommandLine.Result ended = run("many", file, "--shard-by=k", "--reject-max=0");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err())
        .contains("more than 0 rejects (--reject-max); the next one is line 1001")
        .contains("the same command goes on at line 1001");
    Path checkpoint = Path.of(file + ".henge-import");
    assertThat(checkpoint).exists();
    client().documents("many").delete(Key.of(17), Key.EMPTY);

    LiveCommandLine.Result other = run("many", file, "--mode=insert");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("with other options", "Then: many UPSERT", "now: many INSERT");

    LiveCommandLine.Result rest = run("many", file, "--reject-max=5");
    assertThat(rest.code()).as(rest.err()).isEqualTo(1);
    assertThat(rest.out()).contains("999 documents imported").contains("from line 1001 on");
    assertThat(checkpoint).doesNotExist();
    assertThat(Path.of(file + ".rejects")).content().hasLineCount(1);
    assertThat(get("many", Key.of(17), Key.EMPTY)).as("what is done is not done again").isEmpty();
    assertThat(count("many")).isEqualTo(1_998);
  }

  /** The process is killed as soon as it has noted some progress. */
  @Test
  void shouldGoOnAfterItWasKilled() throws IOException, InterruptedException {
    int count = 30_000;
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append(i % 100 == 50 ? "?\n" : "{\"k\":" + i + ",\"x\":\"" + "x".repeat(200) + "\"}\n");
    }
    Path file = file("killed.jsonl", lines.toString());
    Path checkpoint = Path.of(file + ".henge-import");
    String[] arguments = {"killed", file.toString(), "--shard-by=k", "--parallel=2"};
    List<String> command = QuickJava.command(Main.class);
    command.addAll(List.of("import", "--connect", address));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> Files.exists(checkpoint) && Checkpoints.line(checkpoint) > 500);
      assertThat(process.isAlive()).isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
    int noted = Checkpoints.line(checkpoint);
    LiveCommandLine.Result rest = run("killed", file, "--shard-by=k", "--output=json");
    assertThat(rest.code()).as("some are rejected: %s", rest.err()).isEqualTo(1);
    assertThat(rest.out()).contains("\"from_line\":" + noted + ",");
    assertThat(count("killed")).isEqualTo(count - count / 100);
    List<String> rejects = Files.readAllLines(Path.of(file + ".rejects"));
    assertThat(rejects).hasSize(count / 100).doesNotHaveDuplicates();
  }

  /** Reads what an import notes. */
  private static final class Checkpoints {
    static int line(Path checkpoint) throws IOException {
      JsonObject noted = Json.parseObject(Files.readString(checkpoint));
      return Integer.parseInt(String.valueOf(noted.get("line")));
    }
  }

  @Test
  void shouldNotGoOnInAnotherFile() throws IOException {
    Path file = file("a.jsonl", "{\"k\":1}\n?\n");
    assertThat(run("files", file, "--shard-by=k", "--reject-max=0").code()).isEqualTo(1);
    Files.writeString(file, "{\"k\":7}\n?\n");
    LiveCommandLine.Result other = run("files", file, "--reject-max=0");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("of another file").contains("--restart");
    assertThat(run("files", file, "--reject-max=0", "--restart").code()).isEqualTo(1);
    assertThat(count("files")).isEqualTo(2);
  }

  @Test
  void shouldSayWhatIsNotUnderstood() throws IOException {
    Path file = file("x.csv", "a,b\n1,2\n");
    assertThat(run("x", directory.resolve("none")).code()).isEqualTo(2);
    assertThat(run("nowhere", file).err()).contains("NOT_FOUND: there is no collection nowhere");
    assertThat(run("x", file, "--shard-by=a", "--types=c:number").err())
        .contains("there is no column c among a, b");
    assertThat(run("x", file, "--types=a:decimal").err()).contains("--types: found 'a:decimal'");
    assertThat(run("x", file, "--id=a").err()).contains("--id belongs to --shard-by");
    assertThat(run("x", file, "--delimiter=ab").err()).contains("expected one character");
    assertThat(run("x", file, "--parallel=0").err()).contains("--parallel: 1 or more");
    assertThat(run("x", file, "--embedded").err()).contains("exclude one another");
  }

  @Test
  void shouldKeepTheLastOfEqualKeys() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 3_000; i++) {
      lines.append("{\"k\":").append(i % 10).append(",\"n\":").append(i).append("}\n");
    }
    assertThat(run("equal", file("equal.jsonl", lines.toString()), "--shard-by=k").code()).isZero();
    DocumentCollection<JsonObject> documents = client().documents("equal");
    for (int k = 0; k < 10; k++) {
      Stored<JsonObject> last = documents.get(Key.of(k)).orElseThrow();
      assertThat(last.document().get("n")).isEqualTo(JsonNumber.of(2_990 + k));
    }
  }
}
