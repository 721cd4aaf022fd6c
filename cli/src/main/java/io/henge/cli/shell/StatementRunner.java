package io.henge.cli.shell;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.OutputFormat;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
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
    return run(text, 1);
  }

  private Outcome run(String text, int firstLine) {
    try {
      return run(Parser.parse(text, firstLine, line -> {}));
    } catch (SyntaxException e) {
      misunderstood(e);
      return Outcome.MISUNDERSTOOD;
    }
  }

  /** Runs statements. */
  public Outcome run(List<Statement> statements) {
    return run(statements, List.of());
  }

  /**
   * Runs statements.
   *
   * @param places where each of them stands, for messages; none, or one for each, empty = needless
   */
  public Outcome run(List<Statement> statements, List<String> places) {
    for (int i = 0; i < statements.size(); i++) {
      Statement statement = statements.get(i);
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
        failed(statement.verb(), e, places.isEmpty() ? "" : places.get(i));
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
    int first = 1;
    int read = 0;
    while ((line = input.readLine()) != null) {
      read++;
      pending.append(line).append('\n');
      List<Statement> statements;
      List<String> places = new ArrayList<>();
      try {
        statements = Parser.parse(pending.toString(), first, at -> places.add("line " + at));
      } catch (SyntaxException e) {
        if (e.incomplete()) {
          continue;
        }
        misunderstood(e);
        return Outcome.MISUNDERSTOOD;
      }
      pending.setLength(0);
      first = read + 1;
      Outcome outcome = run(statements, places);
      if (outcome != Outcome.DONE) {
        return outcome;
      }
    }
    return run(pending.toString(), first);
  }

  void misunderstood(SyntaxException e) {
    error("SYNTAX", String.valueOf(e.getMessage()), false);
  }

  private void failed(Verb verb, HengeException e, String place) {
    boolean unknown = e.code().effect() == ErrorCode.Effect.UNKNOWN && mayWrite(verb);
    String message = oneLine(e);
    String verbFirst = verb.word() + ": ";
    // Some say themselves what they are about.
    String named = message.startsWith(verbFirst) ? message : verbFirst + message;
    error(e.code().name(), place.isEmpty() ? named : named + " (" + place + ")", unknown);
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
          BATCH,
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
