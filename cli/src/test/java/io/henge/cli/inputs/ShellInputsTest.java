package io.henge.cli.inputs;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.cli.LiveCommandLine;
import io.henge.cli.LiveCommandLine.Result;
import io.henge.server.Henge;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bad keys, values and names at the shell: one line each, exit code, nothing written. */
@Timeout(60)
class ShellInputsTest {
  private static Henge henge;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().start();
    assertThat(shell("create collection c").code()).isZero();
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private static Result shell(String statement) {
    return LiveCommandLine.run(
        "shell", "--connect", henge.nodes().get(0).clientAddress(), "-e", statement);
  }

  private static void refused(String statement, String... parts) {
    Result result = shell(statement);
    assertThat(result.err().lines()).as(result.out()).singleElement().asString().contains(parts);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void shouldNameTheLimitAndTheSizeOfAKey() {
    String key = "k".repeat(4_096);
    refused("put c " + key + " v", "INVALID_ARGUMENT: put: key: at most 4096 bytes", "found 41");
    refused("put c a " + key + " v", "INVALID_ARGUMENT: put: key: at most 4096", "use shorter");
    refused("get c " + key, "INVALID_ARGUMENT: get: key: at most 4096 bytes");
    assertThat(shell("scan c a").out()).doesNotContain("kkkk");
  }

  @Test
  void shouldRefuseAnEmptyShardingKey() {
    String before = shell("scan c a").out();
    for (String statement : List.of("put c () v", "get c ()", "del c ()", "scan c ()")) {
      refused(statement, "INVALID_ARGUMENT: ", "sharding key: at least one part is needed");
    }
    for (String statement :
        List.of("put c \"\" v", "get c \"\"", "del c \"\"", "scan c \"\"", "put c (a, \"\") v")) {
      refused(statement, "INVALID_ARGUMENT: ", "sharding key: a part is an empty text");
    }
    // An item without a sort key is one like any other, and an empty text is a sort key.
    assertThat(shell("put c a \"\" v").code()).isZero();
    assertThat(shell("get c a \"\"").out()).contains("v");
    assertThat(shell("del c a \"\"").code()).isZero();
    assertThat(shell("scan c a").out()).isEqualTo(before);
  }

  @Test
  void shouldNameTheLimitAndTheSizeOfAValue() {
    String value = "v".repeat(1 << 20);
    refused(
        "put c large 1 " + value + "v",
        "INVALID_ARGUMENT: put: value: at most 1048576 bytes allowed, found 1048577; divide it");
    assertThat(shell("get c large 1").out()).doesNotContain("vvv");
    assertThat(shell("put c large 2 " + value).code()).isZero();
  }

  @Test
  void shouldSayHowToMakeAnUnknownCollection() {
    for (String statement : List.of("put nope a b", "get nope a", "scan nope a")) {
      refused(statement, "NOT_FOUND: ", "\"nope\"", "create collection nope");
    }
    refused("drop collection nope", "NOT_FOUND: ", "nope");
    refused("create collection " + "x".repeat(128), "name: 1 to 127 letters");
    assertThat(shell("collections").out()).doesNotContain("nope");
  }

  @Test
  void shouldSayWhyNoNodeCanBeReached() {
    for (String address : List.of("127.0.0.1:1", "nowhere.invalid:7400")) {
      Result result =
          LiveCommandLine.run(
              "shell", "--connect", address, "--timeout", "1s", "-e", "collections");
      assertThat(result.err().lines())
          .singleElement()
          .asString()
          .contains("UNAVAILABLE: no node of the cluster can be reached at " + address)
          .contains("check the addresses");
      assertThat(result.code()).isEqualTo(1);
    }
  }
}
