package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindOptions;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.server.Henge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Exports from a node. */
@Tag("cluster")
@Timeout(120)
final class ExportCommandTest {
  private static final String[] NUMBERS = {
    "0", "-7", "1.50", "1E+3", "12345678901234567890", "0.1000000000000000000000000001", "-0.0"
  };
  private static Henge henge;
  private static String address;

  @TempDir private Path directory;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().shards(3).start();
    address = henge.nodes().get(0).clientAddress();
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private LiveCommandLine.Result run(Object... arguments) {
    List<String> all = new ArrayList<>();
    Arrays.stream(arguments).map(Object::toString).forEach(all::add);
    all.addAll(List.of("--connect", address));
    return LiveCommandLine.run(all.toArray(String[]::new));
  }

  private void importLines(String collection, List<String> lines) throws IOException {
    Path file = Files.write(directory.resolve(collection + ".in.jsonl"), lines);
    LiveCommandLine.Result done =
        run("import", collection, file, "--shard-by=user", "--id=user,nr");
    assertThat(done.code()).as(done.err()).isZero();
  }

  private static List<String> randomDocuments(int count) {
    Random random = Seed.random("ExportCommandTest");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      JsonObject document =
          JsonObject.builder()
              .put("user", random.nextInt(count / 4))
              .put("nr", i)
              .put("text", "\u00e9\"\\\n,;" + random.nextInt())
              .put("number", Json.parse(NUMBERS[random.nextInt(NUMBERS.length)]))
              .put("inner", Json.parse("{\"z\":[null,true,{}],\"a\":\"\"}"))
              .build();
      lines.add(document.toString());
    }
    return lines;
  }

  @Test
  void shouldGiveTheSameDocumentsBack() throws IOException {
    List<String> lines = randomDocuments(2_500);
    importLines("first", lines);
    Path out = directory.resolve("first.jsonl");
    Files.writeString(out, "of before");
    LiveCommandLine.Result done = run("export", "first", out, "--parallel=7", "--output=json");
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(done.out()).startsWith("{\"collection\":\"first\",\"documents\":2500,");
    assertThat(Files.readAllLines(out)).containsExactlyInAnyOrderElementsOf(lines);
    assertThat(directory).isDirectoryNotContaining("glob:**.unfinished");

    importLines("second", Files.readAllLines(out));
    LiveCommandLine.Result again = run("export", "second");
    assertThat(again.out().lines()).containsExactlyInAnyOrderElementsOf(lines);
    assertThat(again.err()).startsWith("2,500 documents exported from second in ");
  }

  /** Pages are taken before, between and after the changes; nothing is found twice or missed. */
  @Test
  void shouldFindEverythingOnceWhileShardsAreCutAndJoined() throws IOException {
    List<String> lines = randomDocuments(2_000);
    importLines("moving", lines);
    List<String> found = new ArrayList<>();
    FindOptions pages = FindOptions.ALL.pageSize(10);
    try (FindAll<JsonObject> all =
        henge.client().documents("moving").findAll(pages, FindAllOptions.DEFAULT)) {
      take(all, 300, found);
      assertThat(run("cluster", "split", "2", "--wait").code()).isZero();
      take(all, 500, found);
      assertThat(run("cluster", "merge", "2", "--wait").code()).isZero();
      take(all, Integer.MAX_VALUE, found);
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(lines);
  }

  private static void take(FindAll<JsonObject> all, int count, List<String> into) {
    for (int i = 0; i < count && all.hasNext(); i++) {
      into.add(all.next().document().toString());
    }
  }

  @Test
  void shouldExportPartsOfACollection() throws IOException {
    importLines(
        "parts",
        List.of(
            "{\"user\":1,\"nr\":1,\"total\":5.0}",
            "{\"user\":1,\"nr\":2,\"total\":15,\"at\":{\"city\":\"Rome, IT\"}}",
            "{\"user\":2,\"nr\":1,\"total\":25,\"note\":\"\",\"at\":null}"));
    assertThat(run("export", "parts", "--key=1", "--fields=nr").out())
        .isEqualTo("{\"nr\":1}\n{\"nr\":2}\n");
    assertThat(run("export", "parts", "-", "--where=total > 20").out())
        .isEqualTo("{\"user\":2,\"nr\":1,\"total\":25,\"note\":\"\",\"at\":null}\n");
    assertThat(run("export", "parts", "--limit=2").out()).hasLineCount(2);
    assertThat(run("export", "parts", "--key=1", "--columns=nr,at.city,note").out())
        .isEqualTo("nr,at.city,note\n1,,\n2,\"Rome, IT\",\n");
    assertThat(run("export", "parts", "--key=2", "--columns=nr,note,at", "--format=tsv").out())
        .isEqualTo("nr\tnote\tat\n1\t\"\"\t\n");
  }

  @Test
  void shouldReadBackItsCsv() throws IOException {
    List<String> lines =
        List.of(
            "{\"user\":1,\"nr\":1,\"text\":\"a,\\\"b\\\"\\nc\",\"x\":{\"n\":1.50}}",
            "{\"user\":1,\"nr\":2,\"text\":\"\",\"x\":{\"n\":null}}");
    importLines("csv", lines);
    Path file = directory.resolve("csv.csv");
    assertThat(run("export", "csv", file, "--columns=user,nr,text,x.n").code()).isZero();
    LiveCommandLine.Result back =
        run(
            "import",
            "back",
            file,
            "--types=user:number,nr:number,x.n:number",
            "--shard-by=user",
            "--id=nr");
    assertThat(back.code()).as(back.err()).isZero();
    assertThat(run("export", "back").out().lines()).containsExactlyInAnyOrderElementsOf(lines);
  }

  @Test
  void shouldSayWhatIsWrongAndLeaveTheFileAsItWas() throws IOException {
    Path file = Files.writeString(directory.resolve("x.jsonl"), "of before");
    assertThat(run("export", "nowhere", file).code()).isEqualTo(1);
    assertThat(file).hasContent("of before");
    assertThat(directory).isDirectoryNotContaining("glob:**.unfinished");
    importLines("some", List.of("{\"user\":1,\"nr\":1}"));
    LiveCommandLine.Result lost = run("export", "some", directory.resolve("none/x.jsonl"));
    assertThat(lost.code()).isEqualTo(1);
    assertThat(lost.err()).hasLineCount(1).contains("x.jsonl.unfinished: NoSuchFileException");
    assertThat(run("export", "nowhere", "x.csv").err()).contains("--columns: CSV has");
    assertThat(run("export", "nowhere", "--where=total >").err()).contains("INVALID_ARGUMENT");
    assertThat(run("export", "nowhere", "--key=(1").err()).contains("--key: ");
    assertThat(run("export", "nowhere", "--key=1 2").err()).contains("the end of the key");
  }
}
