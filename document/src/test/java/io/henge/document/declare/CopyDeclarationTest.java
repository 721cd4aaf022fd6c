package io.henge.document.declare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CopyDeclarationTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "copy orders(order_id, total, status, created_at) into users.recent_orders last 20 by created_at",
        "copy products(name, price) into orders.items[] on product_id at write",
        "copy products(name as product_name) into orders.items[] on product_id follow within 5s",
        "copy products(name as product_name) into orders.items[] on product_id follow within 5s when deleted null",
        "copy users.order_count = count(orders)",
        "copy users.spent = sum(orders.total)",
        "copy airlines(name as airline_name) into routes on airline_id follow within 500ms",
        "copy regions(name, a.\"b.c\" as x) into towns.region on address.country, region at write",
        "copy orders.lines = count(lines) on order_id",
        "copy lines(n) into orders.lines on order_id last 3 by n",
        "copy copy(n) into orders.copy on count at write",
        "copy copy.copy = count(copy)"
      })
  void shouldReadAndWriteDeclarations(String text) {
    assertThat(CopyDeclaration.parse(text).toString()).isEqualTo(text);
    assertThat(CopyDeclaration.parse("  " + text.substring("copy ".length()).replace(" ", "\n  ")))
        .isEqualTo(CopyDeclaration.parse(text));
  }

  @Test
  void shouldKnowEachPart() {
    CopyDeclaration list =
        CopyDeclaration.parse(
            "copy orders ( order_id , address.city as town ) into users.recent.orders"
                + " last 20 by created_at");
    assertThat(list.holder()).isEqualTo("users");
    assertThat(list.rule())
        .isEqualTo(
            CopyRule.newBuilder()
                .setKind(CopyKind.COPY_KIND_LIST)
                .setSource("orders")
                .addFields(CopiedField.newBuilder().setPath("order_id").setAs("order_id"))
                .addFields(CopiedField.newBuilder().setPath("address.city").setAs("town"))
                .setTarget("recent.orders")
                .setLast(20)
                .setBy("created_at")
                .build());
    CopyRule follow =
        CopyDeclaration.parse(
                "copy airlines(name) into routes on a, b follow within 2m when deleted keep")
            .rule();
    assertThat(follow.getTarget()).isEmpty();
    assertThat(follow.getOnList()).isEqualTo(List.of("a", "b"));
    assertThat(follow.getBoundMillis()).isEqualTo(120_000);
    assertThat(follow.getNullWhenDeleted()).isFalse();
    CopyRule sum = CopyDeclaration.parse("users.spent = sum(orders.lines.price)").rule();
    assertThat(sum.getFieldsList())
        .containsExactly(CopiedField.newBuilder().setPath("lines.price").build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "copy | character 5: expected ( and the fields to copy",
        "'' | character 1: expected the name of a collection; found the end",
        "copy orders | expected ( and the fields to copy",
        "copy orders(a | expected a comma, as NAME, or ); found the end",
        "copy orders(a) in users.x last 3 by a | character 16: expected the word into; found 'in'",
        "copy orders(a) into users.x | expected which copy it is",
        "copy orders(a) into users.x last by a | a number of 1 to 9 digits: how many members",
        "copy orders(a) into users.x last 9999999999 by a | a number of 1 to 9 digits",
        "copy orders(a) into users.x last 3 | expected the word by; found the end",
        "copy orders(a) into users.x last 3 by a last 4 by b | expected the end; found 'last'",
        "copy orders(a[]) into users.x last 3 by a | ends in no name of its own",
        "copy orders(a as b.c) into users.x last 3 by a | expected the name of one member",
        "copy orders(a) into users.x follow within 5 | a unit of time right behind the number",
        "copy orders(a) into users.x follow within 5 s | a unit of time",
        "copy orders(a) into users.x follow within 5min | a unit of time",
        "copy orders(a) into users.x follow | expected the word within",
        "copy orders(a) into users.x at night | expected the word write; found 'night'",
        "copy p(a) into o on x at write when deleted gone | expected null or keep; found 'gone'",
        "copy users.n = average(orders.a) | expected count(COLLECTION) or sum(COLLECTION.PATH)",
        "copy users.n = sum(orders) | expected . and the path that is summed up; found ')'",
        "copy users.n = count(orders.a) | expected ); found '.'",
        "copy users. = count(orders) | the name of a member is missing",
        "copy users.n count(orders) | expected = and count(...) or sum(...)",
      })
  void shouldSayWhatIsWrong(String text, String message) {
    assertThatThrownBy(() -> CopyDeclaration.parse(text))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining(message);
  }

  @Test
  void shouldRefuseAnythingElseWithoutHarm() {
    Random random = Seed.random("declarations of copies");
    String alphabet =
        "copy orders(a.b[] as \"x\"), into on last 20 by at write = count sum 5s\n\\{";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(12); j >= 0; j--) {
        int from = random.nextInt(alphabet.length());
        text.append(
            alphabet, from, from + random.nextInt(Math.min(12, alphabet.length() - from) + 1));
      }
      try {
        CopyDeclaration read = CopyDeclaration.parse(text.toString());
        assertThat(CopyDeclaration.parse(read.toString())).isEqualTo(read);
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      }
    }
    assertThatThrownBy(() -> CopyDeclaration.parse("a".repeat(100_000)))
        .hasMessageContaining("at most 32768 characters");
  }
}
