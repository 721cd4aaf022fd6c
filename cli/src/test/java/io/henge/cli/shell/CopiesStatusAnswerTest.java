package io.henge.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.cli.output.OutputFormat;
import io.henge.client.Admin;
import io.henge.client.CopiesStatus;
import io.henge.client.Copy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CopiesStatusAnswerTest {
  private static final Copy FOLLOW =
      Copy.parse("copy products(name) into orders.items[] on sku follow within 5s");
  private static final Copy COUNT = Copy.parse("copy users.orders = count(orders)");

  private static CopiesStatus.Figures figures(
      long holders, boolean more, Duration lag, Duration worstLag) {
    Admin.CopyStatus status =
        new Admin.CopyStatus(
            21, "orders", FOLLOW, false, 1, "", 0, Duration.ZERO, false, List.of());
    return new CopiesStatus.Figures(
        status,
        holders,
        more,
        Duration.ofSeconds(5),
        lag,
        worstLag,
        lag.isZero()
            ? Optional.empty()
            : Optional.of(new CopiesStatus.Source("products", Key.of("pear"), Key.of(7))),
        2,
        3,
        40,
        List.of(
            new CopiesStatus.Shard(1, "n1", holders, more, lag, worstLag, 2, 0),
            new CopiesStatus.Shard(4, "n2", 0, false, Duration.ZERO, Duration.ZERO, 0, 3)));
  }

  private static CopiesStatus.Figures total() {
    Admin.CopyStatus status =
        new Admin.CopyStatus(22, "users", COUNT, false, 1, "", 0, Duration.ZERO, false, List.of());
    return new CopiesStatus.Figures(
        status,
        0,
        false,
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        Optional.empty(),
        0,
        0,
        0,
        List.of());
  }

  private static String shown(CopiesStatus status, OutputFormat format) {
    return CopiesStatusAnswer.of(status).show(format);
  }

  private static List<String> row(CopiesStatus.Figures figures) {
    String table =
        shown(new CopiesStatus(List.of(figures), List.of(), List.of()), OutputFormat.TABLE);
    List<String> lines = table.lines().toList();
    assertThat(lines).hasSize(2);
    return List.of(lines.get(1).trim().split(" {2,}"));
  }

  @Test
  void shouldMarkWhatIsOverItsBoundAndNothingElse() {
    assertThat(row(figures(300, false, Duration.ofMillis(1_240), Duration.ofMillis(5_001))))
        .containsExactly(
            "21",
            FOLLOW.toString(),
            "300",
            "5.0 s",
            "1.2 s",
            "5.0 s !",
            "products " + Key.of("pear") + " " + Key.of(7),
            "3",
            "2",
            "40");
    assertThat(row(figures(300, false, Duration.ofSeconds(9), Duration.ofSeconds(9))))
        .contains("9.0 s !");
    assertThat(row(figures(300, false, Duration.ofSeconds(5), Duration.ofSeconds(5))))
        .contains("5.0 s")
        .doesNotContain("5.0 s !");
  }

  @Test
  void shouldSayWhenNothingWaitsAndWhenCountingWasBrokenOff() {
    assertThat(row(figures(1_000_000, true, Duration.ZERO, Duration.ofMillis(80))))
        .startsWith("21", FOLLOW.toString(), "over 1000000", "5.0 s", "none", "0.1 s");
  }

  @Test
  void shouldLeaveOutFiguresOfCopiesThatAreAlwaysRight() {
    assertThat(row(total())).containsExactly("22", COUNT.toString());
  }

  @Test
  void shouldNameWhoseFiguresAreMissing() {
    CopiesStatus status =
        new CopiesStatus(
            List.of(figures(1, false, Duration.ZERO, Duration.ZERO)),
            List.of(3L, 5L),
            List.of("n2", "n3"));
    assertThat(shown(status, OutputFormat.TABLE))
        .endsWith(
            "\n! no leader has told of shards [3, 5]: what they have is missing above"
                + "\n! no answer from n2, n3");
    assertThat(shown(status, OutputFormat.JSON))
        .endsWith("\"silent_shards\":[3,5],\"silent_nodes\":[\"n2\",\"n3\"]}");
  }

  @Test
  void shouldGiveProgramsTheFiguresOfEachShard() {
    CopiesStatus status =
        new CopiesStatus(
            List.of(figures(300, false, Duration.ofMillis(1_240), Duration.ofMillis(5_001))),
            List.of(),
            List.of());
    assertThat(shown(status, OutputFormat.JSON))
        .contains(
            "\"bound_millis\":5000,\"lag_millis\":1240,\"worst_lag_millis\":5001",
            "\"fanout_rows\":3,\"outbox_rows\":2,\"holders_changed\":40",
            "{\"shard\":1,\"node\":\"n1\",\"holders\":300,",
            "{\"shard\":4,\"node\":\"n2\",\"holders\":0,\"more_holders\":false,\"lag_millis\":0,"
                + "\"worst_lag_millis\":0,\"fanout_rows\":3,\"outbox_rows\":0}");
  }

  @Test
  void shouldShowHowToDeclareOneIfThereAreNone() {
    assertThat(shown(new CopiesStatus(List.of(), List.of(), List.of()), OutputFormat.TABLE))
        .startsWith("(no copies; example: copy ");
  }
}
