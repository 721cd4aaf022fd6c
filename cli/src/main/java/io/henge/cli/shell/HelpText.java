package io.henge.cli.shell;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What {@code help} answers. */
final class HelpText {
  private static final String LANGUAGE =
      """
      Keys and values: bare words are text, 42 and -1 are whole numbers (as a value: a counter),
      2.5 is a real number, true and false are booleans, 0x00ff is bytes; "..." is text quoted as
      in JSON; {...} and [...] are JSON values. A key of several parts stands in parentheses:
      ("eu", 42); so does a filter: where (total > 10 and status = "open"). Durations: 500ms, 10s, 5m, 2h, 7d. Several statements on a line are parted by ;
      and # begins a comment.""";

  private HelpText() {}

  static Answer all() {
    List<Map<String, Object>> json = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (Verb verb : Verb.values()) {
      text.append(verb.usage()).append("\n    ").append(verb.summary()).append('\n');
      json.add(json(verb));
    }
    text.append('\n').append(LANGUAGE).append("\n\nhelp VERB shows examples.");
    return new Answer(text.toString(), Json.object("verbs", json));
  }

  static Answer of(Verb verb) {
    StringBuilder text = new StringBuilder(verb.usage());
    text.append("\n    ").append(verb.summary()).append("\n\nExamples:");
    for (String example : verb.examples()) {
      text.append("\n    ").append(example);
    }
    return new Answer(text.toString(), json(verb));
  }

  private static Map<String, Object> json(Verb verb) {
    return Json.object(
        "verb",
        verb.word(),
        "usage",
        verb.usage(),
        "summary",
        verb.summary(),
        "examples",
        verb.examples());
  }
}
