package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.henge.cli.CommandLineHarness.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
final class SimulateCommandTest {
  private final CommandLineHarness henge = new CommandLineHarness();

  @Test
  void shouldMoveAJoiningNodesShare() throws IOException {
    Result result =
        henge.run("simulate", "--nodes", "100", "--shards", "10000", "--output", "json");
    assertThat(result.code()).as(result.err()).isZero();
    JsonNode outcome = new ObjectMapper().readTree(result.out()).get("outcome");
    assertThat(outcome.get("movement").doubleValue()).isBetween(0.9, 1.1);
    assertThat(outcome.get("nodes").intValue()).isEqualTo(101);
    assertThat(outcome.get("misplaced").intValue()).isZero();
    assertThat(henge.run("simulate", "--event", "node-joins").out()).contains("moved / least");
  }

  @Test
  void shouldMakeAnewWhatDeadNodesHeld() throws IOException {
    Result result = henge.run("simulate", "--event", "nodes-die:5", "--output", "json");
    assertThat(result.code()).as(result.err()).isZero();
    JsonNode outcome = new ObjectMapper().readTree(result.out()).get("outcome");
    // A little less: shards that have lost their majority cannot be mended.
    assertThat(outcome.get("movement").doubleValue()).isBetween(0.9, 1.0);
    assertThat(outcome.get("nodes").intValue()).isEqualTo(100);
  }

  @Test
  void shouldReadACluster(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("cluster.json");
    Files.writeString(
        file,
        """
        {"nodes": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d", "weight": 50}],
         "shards": [{"id": 1, "bytes": 1000, "members": ["a", "b", "c"], "leader": "b"}]}
        """);
    Result result =
        henge.run(
            "simulate", "--cluster", file.toString(), "--event", "nodes-drain", "--output", "json");
    assertThat(result.code()).as(result.err()).isZero();
    JsonNode outcome = new ObjectMapper().readTree(result.out()).get("outcome");
    assertThat(outcome.get("moves").intValue()).isEqualTo(1);
    assertThat(outcome.get("misplaced").intValue()).isZero();
  }

  @Test
  void shouldSayWhatIsWrong(@TempDir Path directory) throws IOException {
    assertThat(henge.run("simulate", "--event", "flood").err()).contains("example: nodes-die:10");
    assertThat(henge.run("simulate", "--nodes", "2").err()).contains("zones: 1 to 2, not 3");
    assertThat(henge.run("simulate", "--moves-per-node", "0").err()).contains("at least 1");
    Path file = directory.resolve("cluster.json");
    assertThat(henge.run("simulate", "--cluster", file.toString()).err())
        .contains("cannot be read");
    Files.writeString(
        file, "{\"nodes\": [], \"shards\": [{\"id\": 1, \"bytes\": 1, \"members\": [\"x\"]}]}");
    assertThat(henge.run("simulate", "--cluster", file.toString()).err()).contains("names node x");
    Files.writeString(file, "{\"knots\": 1}");
    Result result = henge.run("simulate", "--cluster", file.toString());
    assertThat(result.err()).contains("knots");
    assertThat(result.code()).isEqualTo(2);
  }
}
