package io.henge.cli.shell;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.OutputFormat;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/**
 * Runs statements one after the other and prints answers and errors. Stops at the first failure.
 */
public final class StatementRunner {
  private final Interpreter interpreter;
  private final OutputFormat format;
  private final PrintStream out;
  private final PrintStream err;
  private final boolean scripted;

  /** For statements that a person types. */
  public StatementRunner(
      Interpreter interpreter, OutputFormat format, PrintStream out, PrintStream err) {
    this(interpreter, format, out, err, false);
  }

  /**
   * A runner.
   *
   * @param scripted whether nobody sits at a prompt: ctrl-c, which ends a watch, then ends it all
   */
  public StatementRunner(
      Interpreter interpreter,
      OutputFormat format,
      PrintStream out,
      PrintStream err,
      boolean scripted) {
    this.scripted = scripted;
    this.interpreter = interpreter;
    this.format = format;
    this.out = out;
    this.err = err;
  }

  /** Paths of fields that documents of a collection were seen to have. */
  List<String> fieldsSeen(String collection) {
    return interpreter.fieldsSeen(collection);
  }

  /** Parses a text whole, and only then runs it. */
  public Outcome run(String text) {
    try {
      return run(Parser.parse(text));
    } catch (SyntaxException e) {
      misunderstood(e);
      return Outcome.MISUNDERSTOOD;
    }
  }

  /** Runs statements. */
  public Outcome run(List<Statement> statements) {
    for (Statement statement : statements) {
      if (statement.verb() == Verb.EXIT) {
        return Outcome.EXIT;
      }
      try {
        if (statement instanceof Statement.Verify verify) {
          if (!interpreter.verify(verify, line -> print(line.show(format)))) {
            return Outcome.FAILED;
          }
        } else if (statement instanceof Statement.WatchChanges watch) {
          if (watch(watch) == Outcome.INTERRUPTED) {
            return Outcome.INTERRUPTED;
          }
        } else {
          print(interpreter.execute(statement).show(format));
        }
      } catch (HengeException e) {
        failed(statement.verb(), e);
        return Outcome.FAILED;
      }
    }
    return Outcome.DONE;
  }

  private Outcome watch(Statement.WatchChanges statement) {
    if (!scripted) {
      interpreter.watch(statement, this::printTo);
      return Outcome.DONE;
    }
    try (Interrupts interrupts = Interrupts.ofThisThread()) {
      try {
        interpreter.watch(statement, this::printTo);
      } catch (HengeException e) {
        if (!interrupts.came()) {
          throw e;
        }
      }
      return interrupts.came() ? Outcome.INTERRUPTED : Outcome.DONE;
    }
  }

  /** False if nobody reads any more: what goes on until it is ended has come to its end. */
  private boolean printTo(Answer line) {
    print(line.show(format));
    return !out.checkError();
  }

  /** Runs what comes line by line, such as a pipe; a statement may go over several lines. */
  public Outcome run(BufferedReader input) throws IOException {
    StringBuilder pending = new StringBuilder();
    String line;
    while ((line = input.readLine()) != null) {
      pending.append(line).append('\n');
      List<Statement> statements;
      try {
        statements = Parser.parse(pending.toString());
      } catch (SyntaxException e) {
        if (e.incomplete()) {
          continue;
        }
        misunderstood(e);
        return Outcome.MISUNDERSTOOD;
      }
      pending.setLength(0);
      Outcome outcome = run(statements);
      if (outcome != Outcome.DONE) {
        return outcome;
      }
    }
    return run(pending.toString());
  }

  void misunderstood(SyntaxException e) {
    error("SYNTAX", String.valueOf(e.getMessage()), false);
  }

  private void failed(Verb verb, HengeException e) {
    boolean unknown = e.code().effect() == ErrorCode.Effect.UNKNOWN && mayWrite(verb);
    String message = oneLine(e);
    String verbFirst = verb.word() + ": ";
    // Some say themselves what they are about.
    error(e.code().name(), message.startsWith(verbFirst) ? message : verbFirst + message, unknown);
  }

  private static boolean mayWrite(Verb verb) {
    return switch (verb) {
      case PUT,
          DEL,
          CAS,
          INCR,
          APPEND,
          TTL,
          INSERT,
          REPLACE,
          UPSERT,
          PATCH,
          VERIFY,
          CREATE,
          DROP,
          COPY,
          CHANGES,
          SPLIT,
          MERGE,
          MOVE,
          DRAIN,
          REMOVE,
          UPGRADE,
          SET ->
          true;
      default -> false;
    };
  }

  private void error(String code, String message, boolean unknown) {
    if (format == OutputFormat.JSON) {
      err.println(
          Json.write(
              Json.object(
                  "error",
                  Json.object("code", code, "message", message, "outcome_unknown", unknown))));
    } else {
      String remark = unknown ? " (whether it took effect is unknown)" : "";
      err.println((code.equals("SYNTAX") ? "" : code + ": ") + message + remark);
    }
    err.flush();
  }

  private static String oneLine(HengeException e) {
    return String.valueOf(e.getMessage()).replaceAll("\\s*\\R\\s*", " ");
  }

  private void print(String text) {
    if (!text.isEmpty()) {
      out.println(text);
      out.flush();
    }
  }
}
