package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.cli.CommandLineHarness.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What operators say to the shape of a cluster. */
final class ClusterCommandsTest {
  private final CommandLineHarness henge = new CommandLineHarness();

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          split 1                             | operation 1: split shard 1 into it and 3: running, begun
          split 1 --middle                    | operation 1: split shard 1 into it and 3: running, begun
          split 1 --at (eu,42) --wait         | operation 1: split shard 1 into it and 3: done, 25 % of 4.0 MiB
          merge 1                             | operation 1: merge shard 2 into 1: running
          drain n1                            | operation 1: drain node n1: running
          remove n1 --dead                    | operation 1: remove node n1: running
          transfer-leader 2 --to n1           | node n1 leads shard 2
          operations                          | (nothing is under way
          operations --all                    | (none yet)
          plan                                | transfer      2  node n1 leads 2 shards, node n2 none
          explain shard 2                     | shard 2 is as it should be.
          settings                            | split-bytes  512m
          upgrade --dry-run                   | Would raise the feature level from 1 to 2.
          upgrade --to 3 --dry-run            | Refused: node n1 reads less than level 3.
          upgrade --to 1 --dry-run            | Nothing to raise: the feature level is 1
          upgrade                             | The feature level has been raised from 1 to 2.
          settings set split-bytes 1g         | split-bytes  1g     512m
          join                                | henge server --id n2 --dir ./n2 --join 127.0.0.1:7400
          """)
  void shouldDoWhatItIsTold(String arguments, String answer) {
    Result result = henge.run(("cluster " + arguments).split(" +"));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains(answer);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          split                           | 2 | Missing required parameter: 'SHARD'
          split one                       | 2 | SHARD
          split 1 --at a --middle         | 2 | --at and --middle exclude one another
          split 1 --at (                  | 2 | --at: found '(', expected a sharding key
          split 9                         | 1 | there is no shard 9
          move 1 --from n1                | 2 | --to
          move 1 --from n1 --to n7        | 1 | there is no node 'n7'
          drain n7                        | 1 | there is no node 'n7'
          operations pause 7              | 1 | there is no operation 7
          operations stop 7               | 2 | stop
          explain node 1                  | 2 | expected the word shard
          upgrade --to 9                  | 1 | node n1 reads up to 2
          upgrade --to new                | 2 | --to
          settings set speed high         | 2 | there is no setting 'speed'
          """)
  void shouldRefuseWhatCannotBe(String arguments, int code, String message) {
    Result result = henge.run(("cluster " + arguments).split(" +"));
    assertThat(result.code()).isEqualTo(code);
    assertThat(result.err().lines()).singleElement().asString().contains(message);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void shouldFailIfWhatItWaitsForFails() {
    henge.client.shape.failAll();
    Result result = henge.run("cluster", "split", "1", "--wait");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .contains("split shard 1 into it and 3: failed")
        .contains("cannot be cut");
  }

  @Test
  void shouldPauseResumeAndCancel() {
    assertThat(henge.run("cluster", "merge", "1").code()).isZero();
    assertThat(henge.run("cluster", "operations", "pause", "1").out())
        .contains("paused, copying, 25 % of 4.0 MiB, 1.0 MiB/s, 3 s left");
    assertThat(henge.run("cluster", "operations", "resume", "1").out()).contains("running");
    assertThat(henge.run("cluster", "operations", "cancel", "1").out()).contains("cancelled");
    assertThat(henge.run("cluster", "operations", "--all", "--output", "json").out())
        .startsWith("{\"operations\":[{\"id\":1,\"kind\":\"merge\",\"state\":\"cancelled\"");
  }
}
