package io.henge.document.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class DocumentLayoutTest {
  private static final DocumentLayout ORDERS =
      DocumentLayout.of(List.of("user.id", "region"), List.of("user.id", "order_id"), "until");

  private static JsonObject document(String json) {
    return Json.parseObject(json);
  }

  @Test
  void shouldMakeKeysOfValuesInTheOrderOfThePaths() {
    JsonObject order =
        document("{'order_id':'a-7','region':true,'user':{'id':42}}".replace('\'', '"'));
    assertThat(ORDERS.shardingKey(order)).isEqualTo(Key.of(42, true));
    assertThat(ORDERS.sortKey(order)).isEqualTo(Key.of("a-7"));
  }

  @Test
  void shouldHaveOneDocumentForEachShardingKeyIfTheIdSaysNoMore() {
    DocumentLayout users = DocumentLayout.of(List.of("id"), List.of("id"), "");
    assertThat(users.sortKey(document("{\"id\":\"ann\"}"))).isEqualTo(Key.EMPTY);
    assertThat(users.ttlPath()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "7.0", "7e0", "0.7e1", "70E-1", "7.000"})
  void shouldMakeOneKeyOfANumberHoweverItIsWritten(String written) {
    DocumentLayout layout = DocumentLayout.of(List.of("n"), List.of("n"), "");
    assertThat(layout.shardingKey(document("{\"n\":" + written + "}"))).isEqualTo(Key.of(7));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | found nothing",
        "{\"n\":null} | found null",
        "{\"n\":1.5} | found 1.5",
        "{\"n\":9223372036854775808} | found 9223372036854775808",
        "{\"n\":-9223372036854775809} | found -9223372036854775809",
        "{\"n\":1e6000} | found 1E+6000",
        "{\"n\":[1]} | found [1]",
        "{\"n\":{}} | found {}",
      })
  void shouldRefuseWhatCannotBeInAKey(String json, String found) {
    DocumentLayout layout = DocumentLayout.of(List.of("n"), List.of("n"), "");
    assertThatThrownBy(() -> layout.shardingKey(document(json)))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("n: a part of the document's key")
        .hasMessageContaining(found);
  }

  @Test
  void shouldTakeTheLargestNumbers() {
    DocumentLayout layout = DocumentLayout.of(List.of("n"), List.of("n"), "");
    assertThat(layout.shardingKey(document("{\"n\":9223372036854775807.0}")))
        .isEqualTo(Key.of(Long.MAX_VALUE));
    assertThat(layout.shardingKey(document("{\"n\":-9223372036854775808.00}")))
        .isEqualTo(Key.of(Long.MIN_VALUE));
  }

  @Test
  void shouldMakeADocumentOfItsKeys() {
    JsonObject made = ORDERS.ofKeys(Key.of(42, true), Key.of("a-7"));
    assertThat(made.toString())
        .isEqualTo("{\"user\":{\"id\":42},\"region\":true,\"order_id\":\"a-7\"}");
    assertThat(ORDERS.shardingKey(made)).isEqualTo(Key.of(42, true));
    assertThat(ORDERS.sortKey(made)).isEqualTo(Key.of("a-7"));
  }

  @Test
  void shouldRefuseKeysOfOtherParts() {
    assertThatThrownBy(() -> ORDERS.requireKeys(Key.of(42), Key.of("a-7")))
        .hasMessageContaining("sharding_key: 2 parts expected [user.id, region], found 1");
    assertThatThrownBy(() -> ORDERS.requireKeys(Key.of(42, true), Key.EMPTY))
        .hasMessageContaining("sort_key: 1 part expected");
    assertThatThrownBy(() -> ORDERS.ofKeys(Key.of(42, 1.5), Key.of("a-7")))
        .hasMessageContaining("region is a text, a whole number or a boolean");
    ORDERS.requireKeys(Key.of("x", "y"), Key.of(1));
  }

  @Test
  void shouldTellWhenADocumentExpires() {
    assertThat(ORDERS.expiresAtMillis(document("{\"until\":1800000000000}")))
        .isEqualTo(1_800_000_000_000L);
    assertThat(ORDERS.expiresAtMillis(document("{\"until\":1.8e12}")))
        .isEqualTo(1_800_000_000_000L);
    assertThat(ORDERS.expiresAtMillis(document("{\"until\":null}"))).isEqualTo(-1);
    assertThat(ORDERS.expiresAtMillis(document("{}"))).isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1.5", "140737488355328", "\"2030-01-01\"", "[]", "true"})
  void shouldRefuseWhatIsNoTime(String found) {
    assertThatThrownBy(() -> ORDERS.expiresAtMillis(document("{\"until\":" + found + "}")))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("until: the time when the document expires")
        .hasMessageContaining("found " + found);
  }

  @Test
  void shouldRefusePathsThatAreNoKeys() {
    assertThatThrownBy(() -> DocumentLayout.of(List.of(), List.of("a"), ""))
        .hasMessageContaining("shard_paths: at least one");
    assertThatThrownBy(() -> DocumentLayout.of(List.of("a"), List.of("b[0]"), ""))
        .hasMessageContaining("id_paths: names of members expected");
    assertThatThrownBy(() -> DocumentLayout.of(List.of("a[]"), List.of("b"), ""))
        .hasMessageContaining("shard_paths: names of members expected");
    assertThatThrownBy(() -> DocumentLayout.of(List.of("@"), List.of("b"), ""))
        .hasMessageContaining("shard_paths: names of members expected");
    assertThatThrownBy(() -> DocumentLayout.of(List.of("a..b"), List.of("b"), ""))
        .hasMessageContaining("shard_paths: path");
    assertThatThrownBy(() -> DocumentLayout.of(List.of("a", "\"a\""), List.of("b"), ""))
        .hasMessageContaining("is a key already");
    assertThatThrownBy(() -> DocumentLayout.of(List.of("a"), List.of("a.b"), ""))
        .hasMessageContaining("lead into one another");
    assertThatThrownBy(() -> DocumentLayout.of(List.of("a"), List.of("b"), "b"))
        .hasMessageContaining("ttl_path: b is a key already");
  }
}
