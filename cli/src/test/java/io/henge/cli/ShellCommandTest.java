package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.CommandLineHarness.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShellCommandTest {
  private final CommandLineHarness henge = new CommandLineHarness();

  @Test
  void shouldRunStatementsInOrderAndCloseTheClient() {
    Result result =
        henge.run(
            "shell",
            "--connect",
            "127.0.0.1:1,127.0.0.1:2",
            "-e",
            "create collection carts; put carts ann pear 2",
            "-e",
            "incr carts ann pear by 40",
            "-e",
            "scan carts ann");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .isEqualTo(
            """
            created collection carts  (id 1)
            ok  (version 1001)
            42
            sort key  value  version  expires
            "pear"    42        1002
            1 item
            """);
    assertThat(henge.connections).containsExactly(List.of("127.0.0.1:1", "127.0.0.1:2"));
    assertThat(henge.client.closed()).isTrue();
  }

  @Test
  void shouldStopAtTheFirstFailure() {
    Result result =
        henge.run(
            "shell",
            "-e",
            "create collection c; put c a 1",
            "-e",
            "put c a 2 if absent",
            "-e",
            "put c a 3");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("CONDITION_FAILED: put: the condition does not hold\n");
    assertThat(henge.run("shell", "-e", "get c a").out()).startsWith("1  (version");
  }

  @Test
  void shouldDoNothingIfAnythingIsNotUnderstood(@TempDir Path directory) throws IOException {
    Path file =
        Files.writeString(directory.resolve("statements"), "create collection d\nputt d a 1\n");
    Result result = henge.run("shell", "-e", "create collection c", "-f", file.toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .startsWith(
            "henge shell: " + file + ": line 2, column 1: unknown verb putt: did you mean put?");
    assertThat(result.out()).isEmpty();
    assertThat(henge.connections).isEmpty();
  }

  @Test
  void shouldRunAFileAfterTheStatements(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("statements"), "put c a 5\nget c a\n");
    Result result = henge.run("shell", "-f", file.toString(), "-e", "create collection c");
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("created collection c").contains("5  (version");
  }

  @Test
  void shouldSayWhereInAFileOrPipeAStatementHasFailed(@TempDir Path directory) throws IOException {
    String text = "create collection c\n\nput c (a,\n 1) 5\nput c (a, 1) 5 if absent\n";
    Path file = Files.writeString(directory.resolve("statements"), text);
    assertThat(henge.run("shell", "-f", file.toString()).err())
        .isEqualTo("CONDITION_FAILED: put: the condition does not hold (" + file + ", line 5)\n");
    assertThat(henge.runWithInput(text.replace("create collection c", ""), "shell").err())
        .isEqualTo("CONDITION_FAILED: put: the condition does not hold (line 5)\n");
    assertThat(henge.runWithInput("\n\n\nget c (a,\n  1)\nget c\n", "shell").err())
        .startsWith("line 6, column 6: get: found the end of the statement");
  }

  @Test
  void shouldRefuseAFileThatIsNotThere(@TempDir Path directory) {
    Result result = henge.run("shell", "-f", directory.resolve("none").toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("found no readable file");
  }

  @Test
  void shouldReadAPipeLineByLine() {
    Result result =
        henge.runWithInput(
            "create collection c\nput c (a,\n  2) {\"x\":\n 1}\nget c (a, 2)\nexit\nnonsense\n",
            "shell");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("created collection c").contains("ok").contains("\\n 1}");
  }

  @Test
  void shouldStopAPipeAtWhatItDoesNotUnderstand() {
    Result result = henge.runWithInput("create collection c\nget c\nput c a 1\n", "shell");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEqualTo("created collection c  (id 1)\n");
    assertThat(result.err())
        .contains("get: found the end of the statement, expected a sharding key");
    assertThat(henge.runWithInput("put c (1,", "shell").code()).isEqualTo(2);
  }

  @Test
  void shouldAnswerInJson() {
    Result result =
        henge.run(
            "shell",
            "--output",
            "json",
            "-e",
            "create collection c ttl 10s; put c (eu, 1) x 0xff; get c (eu, 1) x; get c b",
            "-e",
            "scan c (eu, 1); collections; del c (eu, 1) x; ttl c (eu, 1) x 5s");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out())
        .isEqualTo(
            """
            {"created":true,"name":"c","id":1,"ttl_millis":10000,"divisible":false}
            {"ok":true,"version":"1001"}
            {"found":true,"sharding_key":["eu",1],"sort_key":["x"],"type":"bytes","value":"0xff","version":"1001","expires_at":"2027-01-15T08:00:10Z"}
            {"found":false}
            {"items":[{"sharding_key":["eu",1],"sort_key":["x"],"type":"bytes","value":"0xff","version":"1001","expires_at":"2027-01-15T08:00:10Z"}],"more":false}
            {"collections":[{"name":"c","id":1,"ttl_millis":10000,"divisible":false}]}
            {"deleted":true}
            """);
    assertThat(result.err())
        .isEqualTo(
            "{\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"ttl: touch: there is no such item\","
                + "\"outcome_unknown\":false}}\n");
  }

  @Test
  void shouldSayWhereAScanGoesOn() {
    henge.run("shell", "-e", "create collection c; put c a 1 x; put c a 2 x; put c a 3 x");
    assertThat(henge.run("shell", "-e", "scan c a limit 2").out())
        .endsWith("2 items; there are more: scan on with from 3\n");
    assertThat(henge.run("shell", "-e", "scan c a reverse limit 2").out())
        .endsWith("2 items; there are more: scan on with to 2\n");
    assertThat(henge.run("shell", "-e", "scan c a limit 3").out()).endsWith("\n3 items\n");
    assertThat(henge.run("shell", "-e", "scan c b").out()).isEqualTo("0 items\n");
  }

  @Test
  void shouldSayWhenTheOutcomeIsUnknown() {
    henge.client.failure = new HengeException(ErrorCode.OUTCOME_UNKNOWN, "no answer\nin time");
    Result write = henge.run("shell", "-e", "put c a 1");
    assertThat(write.code()).isEqualTo(1);
    assertThat(write.err())
        .isEqualTo("OUTCOME_UNKNOWN: put: no answer in time (whether it took effect is unknown)\n");
    henge.client.failure = new HengeException(ErrorCode.UNAVAILABLE, "nobody is there");
    assertThat(henge.run("shell", "-e", "get c a").err())
        .isEqualTo("UNAVAILABLE: get: nobody is there\n");
  }

  @Test
  void shouldCompareAndSet() {
    Result result =
        henge.run(
            "shell", "-e", "create collection c; put c a open; cas c a open paid; cas c a open x");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "CONDITION_FAILED: cas: the item does not have the value \"open\"; nothing was changed\n");
    assertThat(henge.run("shell", "-e", "get c a").out()).startsWith("\"paid\"  (version");
  }

  @Test
  void shouldExplainThePathOfARead() {
    Result result = henge.run("shell", "-e", "create collection c; explain get c a at eventual");
    assertThat(result.out())
        .contains("item       (not found)")
        .contains("token      " + String.format("%016x", io.henge.api.key.Key.of("a").token()))
        .contains("served by  n1, leader")
        .contains("  2. read on n1 under its lease");
  }

  @Test
  void shouldKeepEmbeddedAndConnectApart() {
    Result result = henge.run("shell", "--embedded", "--connect", "127.0.0.1:1", "-e", "status");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("--embedded and --connect exclude one another");
    assertThat(henge.run("shell", "--dir", "x").err()).contains("--dir belongs to --embedded");
  }
}
