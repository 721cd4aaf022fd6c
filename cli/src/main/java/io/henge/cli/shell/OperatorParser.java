package io.henge.cli.shell;

import io.henge.api.key.Key;

/** Understands the statements of operators, after their verb. */
final class OperatorParser {
  private static final String SHARD = "the number of a shard (shards lists them)";
  private static final String NODE = "the name of a node (nodes lists them)";
  private static final String OPERATION = "the number of an operation (operations lists them)";

  private final Parser in;

  OperatorParser(Parser in) {
    this.in = in;
  }

  Statement parse(Verb verb) {
    return switch (verb) {
      case SPLIT -> split();
      case MERGE -> new Statement.Merge(in.wholeNumber(SHARD), in.has("wait"));
      case MOVE -> move();
      case TRANSFER -> transfer();
      case DRAIN -> new Statement.Drain(in.name(NODE), in.has("wait"));
      case REMOVE -> new Statement.Remove(in.name(NODE), in.has("dead"), in.has("wait"));
      case OPERATIONS -> new Statement.ListOperations(in.has("all"));
      case PAUSE, RESUME, CANCEL -> new Statement.Control(verb, in.wholeNumber(OPERATION));
      case UPGRADE -> upgrade();
      case SET -> set();
      default -> throw new IllegalArgumentException(verb.word() + " is not for operators");
    };
  }

  private Statement split() {
    long shard = in.wholeNumber(SHARD);
    Key at = in.has("at") ? in.key("a sharding key") : null;
    return new Statement.Split(shard, at, in.has("wait"));
  }

  private Statement move() {
    long shard = in.wholeNumber(SHARD);
    in.keyword("from");
    String from = in.name(NODE);
    in.keyword("to");
    return new Statement.Move(shard, from, in.name(NODE), in.has("wait"));
  }

  private Statement transfer() {
    long shard = in.wholeNumber(SHARD);
    in.keyword("to");
    return new Statement.Transfer(shard, in.name(NODE));
  }

  private Statement upgrade() {
    long level = in.has("to") ? in.wholeNumber("a feature level (upgrade dry-run lists them)") : 0;
    return new Statement.Upgrade(
        Math.toIntExact(Math.min(level, Integer.MAX_VALUE)), in.has("dry-run"));
  }

  private Statement set() {
    String setting = in.name("the name of a setting (settings lists them)");
    String value = in.name("a value, or the word default");
    return new Statement.Set(setting, value.equals("default") ? "" : value);
  }
}
