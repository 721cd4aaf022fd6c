package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.cli.shell.Parser;
import io.henge.cli.shell.Statement;
import io.henge.cli.shell.SyntaxException;
import io.henge.cli.shell.Verb;
import io.henge.server.Henge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShellDocumentTest {
  static final Path PAGE = Path.of("..", "docs", "shell.md");
  private static final Path DOCUMENTS = Path.of("..", "docs", "documents.md");

  @Test
  void shouldAnswerAsTheDocumentationSays() throws IOException {
    try (Henge henge = Henge.embedded().start()) {
      ShellDocument.read(PAGE).run(henge.client());
    }
  }

  @Test
  void shouldAnswerAsThePageOfDocumentsSays() throws IOException {
    try (Henge henge = Henge.embedded().start()) {
      ShellDocument.read(DOCUMENTS).run(henge.client());
    }
  }

  @Test
  void shouldShowEveryVerb() throws IOException {
    Set<Verb> shown = EnumSet.of(Verb.HELP, Verb.EXIT);
    List<ShellDocument.Example> examples = new ArrayList<>(ShellDocument.read(PAGE).examples());
    examples.addAll(ShellDocument.read(DOCUMENTS).examples());
    for (ShellDocument.Example example : examples) {
      try {
        Parser.parse(example.statement()).stream().map(Statement::verb).forEach(shown::add);
      } catch (SyntaxException e) {
        assertThat(example.answer()).first().asString().startsWith("! ");
      }
    }
    assertThat(shown).containsExactly(Verb.values());
  }

  /** A runner that cannot fail would prove nothing. */
  @Test
  void shouldNoticeAWrongAnswer(@TempDir Path directory) throws IOException {
    Path page =
        Files.writeString(
            directory.resolve("page.md"),
            "```henge\n> create collection c\ncreated collection d…\n```\n");
    assertThatThrownBy(() -> ShellDocument.read(page).run(new InMemoryHengeClient()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("page.md:2: > create collection c");
  }
}
