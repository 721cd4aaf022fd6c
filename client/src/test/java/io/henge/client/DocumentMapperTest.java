package io.henge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.document.filter.Filters;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DocumentMapperTest {
  enum Status {
    OPEN
  }

  record Line(String sku, int n) {}

  record Order(
      long user,
      BigDecimal total,
      Status status,
      List<Line> lines,
      Instant at,
      LocalDate day,
      Duration took,
      Optional<String> note,
      UUID id) {}

  private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");
  private static final UUID ID = new UUID(1, 2);

  @Test
  void shouldGiveBackWhatItHasWritten() {
    DocumentMapper<Order> mapper = DocumentMapper.of(Order.class);
    for (Optional<String> note : List.of(Optional.<String>empty(), Optional.of("fragile"))) {
      Order order =
          new Order(
              Long.MAX_VALUE,
              new BigDecimal("19.90"),
              Status.OPEN,
              List.of(new Line("pear", 2)),
              AT.plusNanos(6),
              LocalDate.of(2026, 1, 2),
              Duration.ofMillis(1_500),
              note,
              ID);
      JsonObject document = mapper.toDocument(order);
      assertThat(Json.print(document))
          .contains("\"at\":\"2026-01-02T03:04:05.000000006Z\"")
          .contains("\"day\":\"2026-01-02\"")
          .contains("\"total\":19.90");
      assertThat(mapper.fromDocument(document)).isEqualTo(order);
    }
  }

  @Test
  void shouldWriteTimesAsFiltersAndPatchesDo() {
    record Times(Instant at, LocalDate day, UUID id) {}

    LocalDate day = LocalDate.of(2026, 1, 2);
    JsonObject document = DocumentMapper.of(Times.class).toDocument(new Times(AT, day, ID));
    assertThat(document.get("at")).isEqualTo(JsonValue.of(AT));
    assertThat(document.get("day")).isEqualTo(JsonValue.of(day));
    assertThat(document.get("id")).isEqualTo(JsonValue.of(ID));
    assertThat(Filters.gt("at", AT.minusNanos(1)).toString())
        .isEqualTo("at > \"2026-01-02T03:04:04.999999999Z\"");
    assertThat(JsonValue.of(AT).compareTo(JsonValue.of(AT.plusMillis(1)))).isNegative();
    assertThat(JsonValue.of(AT).compareTo(JsonValue.of(AT.minusNanos(1)))).isPositive();
  }

  @Test
  void shouldSayHowPartsAreConverted() {
    Line line = new Line("fig", 1);
    assertThatThrownBy(() -> Patches.push("lines", line))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("DocumentMapper.of(...)");
    JsonObject part = DocumentMapper.of(Line.class).toDocument(line);
    assertThat(Patches.push("lines", part).toString()).contains("fig");
  }
}
