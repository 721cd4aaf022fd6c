package io.henge.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.client.testing.FakeHenge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The guide's examples compile, because they are those of {@link ClientGuide}; and they work. */
class ClientGuideTest {
  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void shouldShowOnlyExamplesThatAreCompiled() throws IOException {
    String guide = Files.readString(Path.of("..", "docs", "client.md"));
    String code =
        withoutSpace(Files.readString(Path.of("src/test/java/io/henge/client/ClientGuide.java")));
    List<String> examples = new ArrayList<>();
    Matcher matcher = EXAMPLE.matcher(guide);
    while (matcher.find()) {
      examples.add(matcher.group(1));
    }
    assertThat(examples).hasSize(10);
    assertThat(examples).allSatisfy(example -> assertThat(code).contains(withoutSpace(example)));
  }

  private static String withoutSpace(String code) {
    return code.replaceAll("\\s+", "");
  }

  @Test
  void shouldRunTheExamples() {
    try (FakeHenge cluster = FakeHenge.start(3, 2)) {
      ClientGuide guide = new ClientGuide();
      guide.firstSteps(String.join(",", cluster.addresses()));
      cluster.createCollection("orders");
      try (HengeClient henge = HengeClient.connect(cluster.addresses(), guide.settings())) {
        ItemCollection carts = henge.collection("carts");
        guide.writing(carts);
        guide.conditions(carts);
        guide.batches(henge);
        guide.reading(carts);
        guide.levels(henge, carts);
        guide.withoutBlocking(carts);
        guide.errors(carts);
        assertThat(guide.shown())
            .containsExactly(
                "a pear",
                "1 sale!",
                "swapped true",
                "3 results",
                "a pear 2 true",
                "1 3",
                "true true true",
                "a date");
        guide.lookingInside(henge);
        assertThat(guide.shown()).contains("this cluster is a fake");
      }
    }
  }
}
