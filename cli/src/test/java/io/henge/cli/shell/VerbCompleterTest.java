package io.henge.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser.ParseContext;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;

final class VerbCompleterTest {
  private final FieldsSeen fields = new FieldsSeen();
  private final VerbCompleter completer =
      new VerbCompleter(() -> List.of("orders", "users"), fields::of);

  VerbCompleterTest() {
    fields.note(
        "orders",
        Json.parseObject(
            "{\"order_id\":1,\"at\":{\"city\":\"x\",\"two words\":1},\"lines\":[{\"sku\":1},2]}"));
  }

  private List<String> at(String line) throws Exception {
    ParsedLine parsed = new DefaultParser().parse(line, line.length(), ParseContext.COMPLETE);
    List<Candidate> candidates = new ArrayList<>();
    try (DumbTerminal terminal =
        new DumbTerminal(
            java.io.InputStream.nullInputStream(), java.io.OutputStream.nullOutputStream())) {
      LineReader reader = LineReaderBuilder.builder().terminal(terminal).build();
      completer.complete(reader, parsed, candidates);
    }
    return candidates.stream()
        .map(Candidate::value)
        .filter(value -> value.startsWith(parsed.word()))
        .toList();
  }

  @Test
  void shouldOfferFieldsWherePathsMayStand() throws Exception {
    assertThat(at("find orders 42 fields "))
        .contains("order_id", "at", "at.city", "at.\"two words\"", "lines", "lines[].sku");
    assertThat(at("find orders 42 fields order_id,at.")).contains("order_id,at.city");
    assertThat(at("find orders all shards where \"order_id > 1 and li"))
        .contains("order_id > 1 and lines[].sku");
    assertThat(at("totals orders 42 of ord")).containsExactly("order_id");
    assertThat(at("find orders 42 sort order_id, a")).contains("at.city");
  }

  @Test
  void shouldCompleteWhatIsExplained() throws Exception {
    assertThat(at("explain ")).containsExactly("get", "find", "shard");
    assertThat(at("explain find o")).containsExactly("orders");
    assertThat(at("explain find orders ")).containsExactly("all shards");
    assertThat(at("explain find orders 42 sort ord")).containsExactly("order_id");
    assertThat(at("explain get orders 42 ")).containsExactly("at", "with copies");
    assertThat(at("explain shard ")).isEmpty();
  }

  @Test
  void shouldCompleteWatchesIndexesAndVerifying() throws Exception {
    assertThat(at("watch o")).containsExactly("orders");
    assertThat(at("watch orders from ")).contains("now", "start");
    assertThat(at("watch orders where \"or")).contains("order_id");
    assertThat(at("watch orders 42 l")).containsExactly("limit");
    assertThat(at("create index by_sku on o")).containsExactly("orders");
    assertThat(at("create index by_sku on orders (ord")).contains("(order_id");
    assertThat(at("verify u")).containsExactly("users");
    assertThat(at("verify users ")).containsExactly("repair");
    assertThat(at("changes on orders for 24h ")).containsExactly("before");
  }

  @Test
  void shouldOfferNoFieldsElsewhere() throws Exception {
    assertThat(at("find orders 42 fields a limit 3 as ")).containsExactly("table", "pretty");
    assertThat(at("find orders ")).containsExactly("all shards");
    assertThat(at("find users 42 fields ")).doesNotContain("order_id");
    assertThat(at("find o")).containsExactly("orders");
  }

  @Test
  void shouldKeepABoundedNumberOfNames() {
    JsonObject.Builder wide = JsonObject.builder();
    for (int i = 0; i < 1_000; i++) {
      wide.put("f" + i, i);
    }
    fields.note("wide", wide.build());
    assertThat(fields.of("wide")).hasSize(300);
    for (int i = 0; i < 100; i++) {
      fields.note("c" + i, Json.parseObject("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}"));
    }
    assertThat(fields.of("c99")).containsExactly("a", "a.b", "a.b.c", "a.b.c.d");
    assertThat(fields.of("orders")).as("used longest ago").isEmpty();
  }
}
