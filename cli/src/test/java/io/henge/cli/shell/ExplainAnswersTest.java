package io.henge.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.cli.output.OutputFormat;
import io.henge.client.FindExplanation;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ExplainAnswersTest {
  private static final FindExplanation BY_INDEX =
      new FindExplanation("index by_total: total >= 10", "by_total", true, 12, 5, 4);
  private static final FindExplanation BY_SCAN =
      new FindExplanation("all documents: few are there", "", false, 0, 3, 1);

  @Test
  void shouldShowHowAFindIsRead() {
    assertThat(ExplainAnswers.of(BY_INDEX).show(OutputFormat.TABLE))
        .isEqualTo(
            """
            question              answer
            plan                  index by_total: total >= 10
            sorted                no: read in this order
            index rows looked at  12
            documents looked at   5
            documents found       4\
            """);
    assertThat(ExplainAnswers.of(BY_SCAN).show(OutputFormat.TABLE)).contains("if asked for");
    assertThat(ExplainAnswers.of(BY_INDEX).show(OutputFormat.JSON))
        .isEqualTo(
            "{\"plan\":\"index by_total: total >= 10\",\"index\":\"by_total\",\"in_order\":true,"
                + "\"index_rows\":12,\"documents_looked_at\":5,\"found\":4}");
  }

  @Test
  void shouldShowEveryShardOfAFindOverAll() {
    Map<Long, FindExplanation> shards = new TreeMap<>(Map.of(1L, BY_INDEX, 7L, BY_SCAN));
    assertThat(ExplainAnswers.ofShards(shards).show(OutputFormat.TABLE))
        .isEqualTo(
            """
            shard  plan                          index rows  documents  found
                1  index by_total: total >= 10           12          5      4
                7  all documents: few are there           0          3      1\
            """);
    assertThat(ExplainAnswers.ofShards(shards).show(OutputFormat.JSON))
        .startsWith("[{\"shard\":1,")
        .contains("{\"shard\":7,\"plan\":\"all documents: few are there\",\"index\":\"\"")
        .endsWith("\"documents_looked_at\":3,\"found\":1}]");
  }
}
