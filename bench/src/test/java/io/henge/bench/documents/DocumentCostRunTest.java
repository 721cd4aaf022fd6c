package io.henge.bench.documents;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.server.Henge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class DocumentCostRunTest {
  @Test
  void shouldMeasureEveryKindOfOperationWithoutErrors() throws InterruptedException {
    List<String> progress = new ArrayList<>();
    try (Henge henge = Henge.embedded().start()) {
      DocumentCostReport report =
          DocumentCostRun.run(
              List.of(henge.nodes().get(0).clientAddress()),
              4,
              200,
              1,
              Duration.ofMillis(200),
              "",
              progress::add);
      assertThat(report.lines())
          .extracting(DocumentCostReport.Line::name)
          .contains(
              "put",
              "document insert",
              "document patch",
              "insert in a family",
              "with an embed rule",
              "with a follow rule",
              "with a snapshot rule");
      assertThat(report.lines())
          .allSatisfy(
              line -> {
                assertThat(line.errors()).as(line.name() + " " + progress).isZero();
                assertThat(line.operations()).as(line.name()).isPositive();
                assertThat(line.rate()).as(line.name()).isPositive();
                assertThat(line.serverCpuMicros()).as(line.name()).isPositive();
              });
      assertThat(report.errors()).isZero();
      assertThat(report.settings()).containsEntry("threads", 4).containsEntry("records", 200);
    }
  }
}
