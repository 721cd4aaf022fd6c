package io.henge.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Sets up Logback in code: reading its XML would cost every command a tenth of a second. */
public final class LogConfigurator extends ContextAwareBase implements Configurator {
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level [%thread] %logger{24} %mdc - %msg%n";

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    Level level = Level.toLevel(System.getProperty(Logging.LEVEL), Level.WARN);
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(level);
    root.addAppender(appender(context, System.getProperty(Logging.FILE)));
    // Libraries log their traffic at info; of them only what is wrong concerns an operator, and
    // nothing somebody for whom the nodes in this process are a means.
    Level libraries = level == Level.ERROR ? Level.OFF : higher(level, Level.WARN);
    context.getLogger("org.apache.ratis").setLevel(libraries);
    context.getLogger("io.grpc").setLevel(libraries);
    java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static Level higher(Level a, Level b) {
    return a.isGreaterOrEqual(b) ? a : b;
  }

  private static OutputStreamAppender<ILoggingEvent> appender(
      LoggerContext context, @Nullable String file) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.start();
    OutputStreamAppender<ILoggingEvent> appender;
    if (file == null) {
      ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
      console.setTarget("System.err");
      appender = console;
    } else {
      FileAppender<ILoggingEvent> toFile = new FileAppender<>();
      toFile.setFile(file);
      appender = toFile;
    }
    appender.setContext(context);
    appender.setName("log");
    appender.setEncoder(encoder);
    appender.start();
    return appender;
  }
}
