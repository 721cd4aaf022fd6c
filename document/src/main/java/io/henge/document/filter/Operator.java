package io.henge.document.filter;

/** How two values compare. */
public enum Operator {
  EQUAL("=", 1),
  NOT_EQUAL("!=", 2),
  LESS("<", 3),
  LESS_OR_EQUAL("<=", 4),
  GREATER(">", 5),
  GREATER_OR_EQUAL(">=", 6);

  private final String symbol;
  private final int code;

  Operator(String symbol, int code) {
    this.symbol = symbol;
    this.code = code;
  }

  /** As it is written in filters. */
  public String symbol() {
    return symbol;
  }

  /** The number in binary forms: permanent. */
  int code() {
    return code;
  }

  /** Whether it holds, given what {@code left.compareTo(right)} is; types are equal. */
  boolean holds(int comparison) {
    return switch (this) {
      case EQUAL -> comparison == 0;
      case NOT_EQUAL -> comparison != 0;
      case LESS -> comparison < 0;
      case LESS_OR_EQUAL -> comparison <= 0;
      case GREATER -> comparison > 0;
      case GREATER_OR_EQUAL -> comparison >= 0;
    };
  }
}
