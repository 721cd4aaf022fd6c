package io.henge.bench.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class YcsbKeyLayoutTest {
  @Test
  void shouldVisitPrefixesInTheOrderOfTheKeysTheyHold() {
    Random random = Seed.random("YcsbKeyLayoutTest");
    TreeSet<String> keys = new TreeSet<>();
    for (int i = 0; i < 20_000; i++) {
      keys.add("user" + (random.nextLong() >>> (1 + random.nextInt(62))));
    }
    List<String> walked = new ArrayList<>();
    for (String prefix = "user0"; prefix != null; prefix = YcsbKeyLayout.next(prefix)) {
      String wanted = prefix;
      keys.stream().filter(key -> YcsbKeyLayout.prefix(key).equals(wanted)).forEach(walked::add);
    }
    assertThat(walked).containsExactlyElementsOf(keys);
  }

  @Test
  void shouldSplitAKeyIntoThreeDigitsAndTheRest() {
    assertThat(YcsbKeyLayout.prefix("user6284781860667377211")).isEqualTo("user628");
    assertThat(YcsbKeyLayout.sortKey("user6284781860667377211").parts())
        .containsExactly("4781860667377211");
    assertThat(YcsbKeyLayout.sortKey("user62").isEmpty()).isTrue();
  }

  @Test
  void shouldEndAfterTheLastPrefix() {
    assertThat(YcsbKeyLayout.next("user999")).isNull();
    assertThat(YcsbKeyLayout.next("user199")).isEqualTo("user2");
    assertThat(YcsbKeyLayout.next("user1")).isEqualTo("user10");
  }
}
