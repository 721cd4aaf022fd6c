package io.henge.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.cli.output.Answer;
import io.henge.cli.output.OutputFormat;
import io.henge.client.CopiesStatus;
import io.henge.client.CopyInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CopyInfoTableTest {
  private static final Instant WRITTEN = Instant.parse("2026-11-21T17:00:00Z");
  private static final Instant COMPLETE = Instant.parse("2026-11-21T17:00:05Z");
  private static final long VERSION = (WRITTEN.toEpochMilli() << 16) + 3;
  private static final CopiesStatus.Source PEAR =
      new CopiesStatus.Source("products", Key.of("pear"), Key.EMPTY);
  private static final CopiesStatus.Source LINE =
      new CopiesStatus.Source("lines", Key.of("acme", 42), Key.of(7));

  private static CopyInfo follow(
      long version, boolean registered, Optional<Instant> completeUntil) {
    return new CopyInfo(
        11,
        "items[]",
        List.of("name", "unit"),
        PEAR,
        true,
        version,
        registered,
        Duration.ofSeconds(5),
        completeUntil,
        Duration.ofMillis(300),
        Duration.ofMillis(40));
  }

  private static CopyInfo snapshot() {
    return new CopyInfo(
        12,
        "",
        List.of("paid"),
        LINE,
        false,
        0,
        false,
        Duration.ZERO,
        Optional.empty(),
        Duration.ZERO,
        Duration.ZERO);
  }

  private static final Answer DOCUMENT = new Answer("{}", Map.of("document", "d"));

  @Test
  void shouldShowWhatADocumentsCopiesAre() {
    Answer answer =
        new CopyInfoTable("")
            .add("", List.of(follow(VERSION, true, Optional.of(COMPLETE)), snapshot()))
            .behind(DOCUMENT);
    List<String> lines = answer.show(OutputFormat.TABLE).lines().toList();
    assertThat(lines.get(0)).isEqualTo("{}");
    assertThat(lines.get(1).split(" {2,}"))
        .containsExactly("copy", "fields", "of", "version", "written", "complete until");
    assertThat(lines.get(2).trim().split(" {2,}"))
        .containsExactly(
            "11",
            "items[].name, items[].unit",
            "products \"pear\"",
            Long.toString(VERSION),
            "2026-11-21T17:00:00Z",
            "2026-11-21T17:00:05Z");
    // Of one that was taken at write there is nothing to tell but where from.
    assertThat(lines.get(3).trim().split(" {2,}"))
        .containsExactly("12", "paid", "lines (\"acme\", 42) 7", "with it");
    assertThat(answer.show(OutputFormat.JSON))
        .isEqualTo(
            "{\"document\":\"d\",\"copies\":[{\"id\":11,\"target\":\"items[]\","
                + "\"fields\":[\"name\",\"unit\"],\"source\":\"products \\\"pear\\\"\","
                + "\"follows\":true,\"version\":\""
                + VERSION
                + "\",\"written\":\"2026-11-21T17:00:00Z\",\"registered\":true,"
                + "\"bound_millis\":5000,\"complete_until\":\"2026-11-21T17:00:05Z\","
                + "\"report_age_millis\":300,\"lag_millis\":40},{\"id\":12,\"target\":\"\","
                + "\"fields\":[\"paid\"],\"source\":\"lines (\\\"acme\\\", 42) 7\","
                + "\"follows\":false}]}");
  }

  @Test
  void shouldSayWhatIsNotKnown() {
    String registered =
        new CopyInfoTable("")
            .add("", List.of(follow(VERSION, true, Optional.empty())))
            .behind(DOCUMENT)
            .show(OutputFormat.TABLE);
    assertThat(registered).endsWith("not known");
    Answer fresh =
        new CopyInfoTable("").add("", List.of(follow(0, false, Optional.empty()))).behind(DOCUMENT);
    assertThat(fresh.show(OutputFormat.TABLE)).contains("not yet").endsWith("not registered yet");
    assertThat(fresh.show(OutputFormat.JSON))
        .contains("\"registered\":false")
        .doesNotContain("written", "complete_until");
  }

  @Test
  void shouldTellDocumentsApart() {
    Answer answer =
        new CopyInfoTable("document")
            .add(1, List.of(snapshot()))
            .add(2, List.of())
            .add(3, List.of(snapshot()))
            .behind(DOCUMENT);
    List<String> lines = answer.show(OutputFormat.TABLE).lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1)).startsWith("document  copy");
    assertThat(lines.get(2).trim()).startsWith("1    12");
    assertThat(lines.get(3).trim()).startsWith("3    12");
    assertThat((List<?>) ((Map<?, ?>) answer.json()).get("copies"))
        .as("a list for each document")
        .hasSize(3);
  }

  @Test
  void shouldSayThatThereAreNone() {
    assertThat(new CopyInfoTable("").add("", List.of()).behind(DOCUMENT).show(OutputFormat.TABLE))
        .isEqualTo("{}\n(no copies from other shards)");
  }
}
