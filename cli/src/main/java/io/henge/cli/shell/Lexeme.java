package io.henge.cli.shell;

import org.jspecify.annotations.Nullable;

/**
 * The smallest part of a statement.
 *
 * @param text as it was written
 * @param value what it stands for: text, whole number ({@link Long}), real number ({@link Double}),
 *     {@link Boolean} or {@code byte[]}; null for punctuation
 * @param line from 1
 * @param column from 1
 */
record Lexeme(Kind kind, String text, @Nullable Object value, int line, int column) {
  enum Kind {
    /** A bare word: a verb, a keyword, or text. */
    WORD("the word"),
    STRING("the text"),
    WHOLE("the whole number"),
    REAL("the number"),
    BOOLEAN("the boolean"),
    BYTES("the bytes"),
    /** A JSON object or array, as it was written. */
    JSON("the JSON value"),
    OPEN("the parenthesis"),
    CLOSE("the parenthesis"),
    COMMA("the comma"),
    /** A line break, a semicolon or the end of the input. */
    END("the end of the statement");

    private final String noun;

    Kind(String noun) {
      this.noun = noun;
    }
  }

  private static final int SHOWN_MAX = 40;

  boolean isWord(String word) {
    return kind == Kind.WORD && text.equals(word);
  }

  /** For messages: what was found. */
  String describe() {
    if (kind == Kind.END) {
      return kind.noun;
    }
    String shown = text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
    return kind.noun + " " + shown.replaceAll("\\R", " ");
  }
}
