package io.henge.cli.shell;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Supplier;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser.ParseContext;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;

/** The shell on a terminal: a prompt, editing, history and completion. Errors do not end it. */
public final class InteractiveShell {
  private final Terminal terminal;
  private final StatementRunner runner;
  private final LineReader reader;

  /**
   * A shell on a terminal.
   *
   * @param history file of the lines typed so far; made readable to its owner only
   * @param collections names for completion
   */
  public InteractiveShell(
      Terminal terminal, StatementRunner runner, Path history, Supplier<List<String>> collections) {
    this.terminal = terminal;
    this.runner = runner;
    this.reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("henge")
            .parser(new LineParser())
            .completer(new VerbCompleter(collections, runner::fieldsSeen))
            .variable(LineReader.HISTORY_FILE, history)
            .variable(LineReader.SECONDARY_PROMPT_PATTERN, "     > ")
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
    makePrivate(history);
  }

  /** Reads and runs until the user leaves. */
  public void run(String greeting) {
    PrintStream errors = new PrintStream(terminal.output(), true, terminal.encoding());
    terminal.writer().println(greeting);
    while (true) {
      String line;
      try {
        line = reader.readLine("henge> ");
      } catch (UserInterruptException e) {
        continue;
      } catch (EndOfFileException e) {
        return;
      }
      if (execute(line) == Outcome.EXIT) {
        errors.flush();
        return;
      }
    }
  }

  /** Runs a line; ctrl-c gives up waiting for its answer. */
  private Outcome execute(String line) {
    Thread waiting = Thread.currentThread();
    SignalHandler before = terminal.handle(Signal.INT, signal -> waiting.interrupt());
    try {
      return runner.run(line);
    } finally {
      terminal.handle(Signal.INT, before);
      // An interrupt that came too late must not hit the next line.
      Thread.interrupted();
    }
  }

  /** Values may be secrets: the history is its owner's alone. */
  private static void makePrivate(Path history) {
    try {
      Files.createFile(
          history,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      // As the user left it.
    } catch (IOException | UnsupportedOperationException e) {
      // The history is a convenience: without a place for it the shell works all the same.
    }
  }

  /** Asks for another line while a parenthesis or a JSON value is open. */
  private static final class LineParser extends DefaultParser {
    LineParser() {
      setEscapeChars(null);
      setQuoteChars(new char[] {'"'});
    }

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
      if (context == ParseContext.ACCEPT_LINE) {
        try {
          Parser.parse(line);
        } catch (SyntaxException e) {
          if (e.incomplete()) {
            throw new EOFError(-1, cursor, String.valueOf(e.getMessage()));
          }
        }
      }
      // Words only serve completion: a quote that is still open is no error there.
      int start = line.lastIndexOf(';', Math.max(0, cursor - 1)) + 1;
      return super.parse(line.substring(start), cursor - start, ParseContext.COMPLETE);
    }
  }
}
