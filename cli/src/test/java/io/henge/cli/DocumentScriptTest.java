package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.henge.server.Henge;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What scripts do with documents by the shell's answers in JSON. */
@Tag("cluster")
@Timeout(120)
final class DocumentScriptTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Henge henge;
  private static String address;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().start();
    address = henge.nodes().get(0).clientAddress();
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private static LiveCommandLine.Result run(String... statements) {
    List<String> all = new ArrayList<>(List.of("shell", "--connect", address, "--output", "json"));
    for (String statement : statements) {
      all.add("-e");
      all.add(statement);
    }
    return LiveCommandLine.run(all.toArray(String[]::new));
  }

  private static JsonNode ask(String statement) throws IOException {
    LiveCommandLine.Result result = run(statement);
    assertThat(result.code()).as(result.err()).isZero();
    return JSON.readTree(result.out());
  }

  @Test
  void shouldPatchWhatWasFoundUnlessItHasChanged() throws IOException {
    ask("create collection tasks documents shard by who id nr");
    for (int nr = 1; nr <= 3; nr++) {
      ask("insert tasks {\"who\": \"ann\", \"nr\": " + nr + "}");
    }
    JsonNode found = ask("find tasks ann fields nr");
    assertThat(found.get("documents")).hasSize(3);
    assertThat(found.get("versions")).hasSize(3);
    ask("patch tasks ann 2 {\"set\": {\"done\": true}}");
    for (int i = 0; i < 3; i++) {
      LiveCommandLine.Result patched =
          run(
              "patch tasks ann %s {\"set\": {\"seen\": true}} if version %s"
                  .formatted(
                      found.get("documents").get(i).get("nr"),
                      found.get("versions").get(i).asText()));
      assertThat(patched.code()).as(patched.err()).isEqualTo(i == 1 ? 1 : 0);
    }
    JsonNode everywhere = ask("find tasks all shards where (exists(seen))");
    assertThat(everywhere.get("documents")).hasSize(2);
    assertThat(everywhere.get("versions")).hasSize(2);
  }

  @Test
  void shouldTakePartsOfElements() throws IOException {
    ask("create collection carts documents shard by who");
    ask(
        "insert carts {\"who\": 1, \"lines\": [{\"sku\": \"a\", \"n\": 1}, {\"sku\": \"b\", \"n\": 2}]}");
    assertThat(ask("find carts 1 fields who, lines[].sku").get("documents").get(0))
        .hasToString("{\"who\":1,\"lines\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}");
    assertThat(ask("find carts 1 fields lines[1].n").get("documents").get(0))
        .hasToString("{\"lines\":[{\"n\":2}]}");
    LiveCommandLine.Result both = run("find carts 1 fields lines[].sku, lines[1].n");
    assertThat(both.code()).isEqualTo(1);
    assertThat(both.err()).contains("elements of lines by [] or by index expected, found both");
  }

  @Test
  void shouldRefuseAShardingKeyThatNoDocumentCanHave() throws IOException {
    ask("create collection rents documents shard by tenant, user id nr");
    for (String statement :
        List.of(
            "find rents acme",
            "scan rents acme",
            "totals rents acme",
            "explain find rents acme",
            "watch rents acme")) {
      LiveCommandLine.Result refused = run(statement);
      assertThat(refused.code()).as(statement).isEqualTo(1);
      assertThat(refused.err()).contains("sharding_key: 2 parts expected [tenant, user], found 1");
    }
    assertThat(ask("find rents (acme, 1)").get("documents")).isEmpty();
    assertThat(ask("family acme").get("items")).isEmpty();
  }

  @Test
  void shouldNameTheCollectionThatWasMeant() throws IOException {
    ask("create collection journeys documents shard by who");
    for (String statement :
        List.of(
            "find journey ann",
            "insert jorneys {\"who\": 1}",
            "get journes ann",
            "copies jurneys",
            "copies status jurneys",
            "indexes jurneys",
            "verify jurneys")) {
      LiveCommandLine.Result refused = run(statement);
      assertThat(refused.code()).as(statement).isEqualTo(1);
      assertThat(refused.err()).contains("NOT_FOUND", "did you mean journeys?");
    }
    assertThat(run("find zzz ann").err()).contains("there is none; create it first");
  }

  @Test
  void shouldSayOfWhatIsDeclaredAgainThatItIsReady() throws IOException {
    ask("create collection people documents shard by who");
    ask("create collection deeds documents shard by who id nr");
    ask("copy people.deeds = count(deeds) wait");
    assertThat(ask("copy people.deeds = count(deeds)").get("ready").asBoolean()).isTrue();
  }

  @Test
  void shouldGoOnThroughAFamily() throws IOException {
    ask("create collection notes documents shard by user id nr");
    for (int nr = 0; nr < 7; nr++) {
      ask("insert notes {\"user\": 77, \"nr\": " + nr + "}");
    }
    List<Integer> numbers = new ArrayList<>();
    String next = "family 77 limit 3";
    while (!next.isEmpty()) {
      JsonNode page = ask(next);
      assertThat(page.get("items")).hasSizeBetween(1, 3);
      page.get("items").forEach(item -> numbers.add(item.get("value").get("nr").asInt()));
      next =
          page.get("more").asBoolean()
              ? "family 77 limit 3 after " + page.get("cursor").asText()
              : "";
    }
    assertThat(numbers).containsExactly(0, 1, 2, 3, 4, 5, 6);
    assertThat(run("family 77 limit 7").out()).contains("\"more\":false");
  }
}
