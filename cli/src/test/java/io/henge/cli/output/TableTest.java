package io.henge.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TableTest {
  @Test
  void shouldSetNumbersToTheRightAndTextToTheLeft() {
    assertThat(Table.of("name", "n").row("a", 1).row("bcdefg", 1_000).toString())
        .isEqualTo(
            """
            name       n
            a          1
            bcdefg  1000""");
  }

  @Test
  void shouldNotLetACellMoveTheCursor() {
    assertThat(Table.of("name").row("a\u001b[2J\nb").toString()).isEqualTo("name\na\\u001b[2J\\nb");
  }

  @Test
  void shouldRefuseARowOfAnotherWidth() {
    assertThatThrownBy(() -> Table.of("a", "b").row(1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
