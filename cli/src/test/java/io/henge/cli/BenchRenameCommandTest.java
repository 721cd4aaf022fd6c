package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.HengeClient;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.server.Henge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The command; what it measures is tested where that is. */
@Tag("cluster")
@Timeout(180)
final class BenchRenameCommandTest {
  private static Henge henge;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().start();
    HengeClient client = henge.client();
    client
        .admin()
        .createCollection("airlines", CollectionOptions.documentsShardedBy("id").withId("id"));
    client
        .admin()
        .createCollection(
            "routes",
            CollectionOptions.documentsShardedBy("from")
                .withId("line")
                .withCopy(
                    Copy.from("airlines")
                        .field("name", "airline_name")
                        .into("routes")
                        .on("airline")
                        .followWithin(Duration.ofSeconds(60))));
    client
        .documents("airlines")
        .insert(JsonObject.builder().put("id", 7).put("name", "Seven").build());
    client
        .documents("airlines")
        .insert(JsonObject.builder().put("id", "aa").put("name", "Alone").build());
    for (int i = 0; i < 20; i++) {
      client
          .documents("routes")
          .insert(JsonObject.builder().put("from", i % 4).put("line", i).put("airline", 7).build());
    }
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private static LiveCommandLine.Result rename(String source, String key, String... more) {
    List<String> arguments = new ArrayList<>(List.of("bench", "rename", source, key, "routes"));
    arguments.add("--connect=" + henge.nodes().get(0).clientAddress());
    arguments.addAll(List.of(more));
    return LiveCommandLine.run(arguments.toArray(String[]::new));
  }

  @Test
  void shouldMeasureADocumentWhoseKeyIsANumber() {
    LiveCommandLine.Result result =
        rename("airlines", "7", "--rounds=1", "--rate=50", "--output=json");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("\"round\":1", "\"wrong\":0", "\"differences\":0")
        .containsPattern("\"copies\":[0-9]{2}");
    assertThat(
            henge
                .client()
                .documents("airlines")
                .get(Key.of(7), Key.EMPTY)
                .orElseThrow()
                .document()
                .get("name"))
        .as("as it was")
        .isEqualTo(new JsonText("Seven"));
  }

  @Test
  void shouldFindADocumentWhoseKeyIsAText() {
    LiveCommandLine.Result result = rename("airlines", "aa");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE.number());
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("no document of routes follows it");
  }

  @Test
  void shouldSayWhatIsNotThere() {
    LiveCommandLine.Result result = rename("airplanes", "7");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE.number());
    assertThat(result.err()).contains("airplanes");
  }

  @Test
  void shouldRefuseFiguresThatMakeNoSense() {
    for (String option : List.of("--rounds", "--rate", "--threads")) {
      LiveCommandLine.Result result = rename("airlines", "7", option + "=0");
      assertThat(result.code()).isEqualTo(ExitCode.USAGE.number());
      assertThat(result.err()).contains(option + ": found 0, expected at least 1");
    }
  }
}
