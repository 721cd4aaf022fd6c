package io.henge.cli.output;

/**
 * The answer of a command.
 *
 * @param text for people: lines without a trailing line break; may be empty
 * @param json for scripts: maps, lists, texts, numbers, booleans
 */
public record Answer(String text, Object json) {
  /** The answer in one of the formats, without a trailing line break. */
  public String show(OutputFormat format) {
    return format == OutputFormat.JSON ? Json.write(json) : text;
  }
}
