package io.henge.testkit.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.testkit.history.PatchedDocument;
import io.henge.testkit.history.PatchedDocument.Mark;
import java.util.List;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static final List<String> LEFT = List.of(Tally.LEFT);

  private final Tally tally = new Tally();

  private void ask(String process, long sequence, long cents) {
    Tally.Entry entry =
        new Tally.Entry(
            sequence, PatchedDocument.cents(cents), new Mark(sequence, process + sequence));
    tally.ask(process, LEFT, entry);
  }

  private void done(String process, long sequence, long cents) {
    ask(process, sequence, cents);
    tally.done(process, LEFT);
  }

  private static JsonObject json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  private List<String> differences(String document) {
    return tally.differences(Tally.LEFT, json(document));
  }

  @Test
  void shouldAcceptWhatIsRight() {
    done("a", 1, 100);
    ask("a", 2, 7);
    tally.notDone("a", LEFT);
    done("b", 1, 50);
    ask("b", 2, 1);
    assertThat(tally.doubtful()).isEqualTo(1);
    String without =
        "{'total': 1.50, 'by': {'a': 1.00, 'b': 0.50}, 'last': {'a': 1, 'b': 1},"
            + " 'names': ['b', 'a'], 'marks': [{'at': 1, 'id': 'a1'}, {'at': 1, 'id': 'b1'}]}";
    assertThat(differences(without)).isEmpty();
    String with =
        "{'total': 1.51, 'by': {'a': 1.00, 'b': 0.51}, 'last': {'a': 1, 'b': 2},"
            + " 'names': ['a', 'b'], 'marks': [{'at': 1, 'id': 'a1'}, {'at': 1, 'id': 'b1'},"
            + " {'at': 2, 'id': 'b2'}]}";
    assertThat(differences(with)).isEmpty();
  }

  @Test
  void shouldFindWhatIsMissingDoubledOrHalfThere() {
    done("a", 1, 100);
    assertThat(differences("{}")).isNotEmpty();
    String twice =
        "{'total': 2.00, 'by': {'a': 2.00}, 'last': {'a': 1}, 'names': ['a'],"
            + " 'marks': [{'at': 1, 'id': 'a1'}]}";
    assertThat(differences(twice)).hasSize(2);
    String markTwice =
        "{'total': 1.00, 'by': {'a': 1.00}, 'last': {'a': 1}, 'names': ['a'],"
            + " 'marks': [{'at': 1, 'id': 'a1'}, {'at': 1, 'id': 'a1'}]}";
    assertThat(differences(markTwice)).hasSize(1);
    ask("a", 2, 5);
    String half =
        "{'total': 1.05, 'by': {'a': 1.05}, 'last': {'a': 2}, 'names': ['a'],"
            + " 'marks': [{'at': 1, 'id': 'a1'}]}";
    assertThat(differences(half)).hasSize(1);
  }

  @Test
  void shouldCompareTwoDocumentsOfOneView() {
    JsonObject left = json("{'total': 1.5, 'by': {'a': 1, 'b': 0.5}, 'pairs': 3}");
    assertThat(Tally.differenceWithin(left, json("{'pairs': 3}"))).isNull();
    assertThat(Tally.differenceWithin(left, json("{'pairs': 2}"))).contains("pairs");
    assertThat(Tally.differenceWithin(json("{'total': 1.5, 'by': {'a': 1}}"), null))
        .contains("total");
    assertThat(Tally.differenceWithin(null, null)).isNull();
  }
}
