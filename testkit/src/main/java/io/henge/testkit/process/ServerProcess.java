package io.henge.testkit.process;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own, with its data directory; started, killed and started again. What
 * it logs is appended to a file. Not thread-safe.
 */
public final class ServerProcess implements AutoCloseable {
  private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration ASK_TIMEOUT = Duration.ofSeconds(10);
  private static final int LOG_LINES_SHOWN = 60;
  private static final int LOG_FRAMES_SHOWN = 3;

  private final String name;
  private final Path log;
  private final List<String> java;
  private final List<String> arguments;
  private @Nullable Process process;
  private @Nullable ReadyLine ready;

  /**
   * A node that does not run yet.
   *
   * @param java how to run Java, with its options, up to the main class
   * @param arguments of the server command, without {@code --listen}
   */
  ServerProcess(String name, Path log, List<String> java, List<String> arguments) {
    this.name = name;
    this.log = log;
    this.java = java;
    this.arguments = arguments;
  }

  public String name() {
    return name;
  }

  /** What it printed when it was ready the last time. */
  public ReadyLine ready() {
    if (ready == null) {
      throw new IllegalStateException(name + " has never been ready");
    }
    return ready;
  }

  /** Whether there is a {@link #ready} line. */
  boolean hasBeenReady() {
    return ready != null;
  }

  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  public long pid() {
    return running().pid();
  }

  /** Its data directory. */
  public Path directory() {
    return Path.of(arguments.get(arguments.indexOf("--dir") + 1));
  }

  /** Where it logs. */
  public Path log() {
    return log;
  }

  /**
   * Starts it, on its old address if it has run before, and waits until it is ready.
   *
   * @throws IllegalStateException if it ends or is not ready within a minute; with the end of its
   *     log, what it says of its health and what its threads do
   */
  public ServerProcess start() {
    if (isAlive()) {
      throw new IllegalStateException(name + " runs already");
    }
    String listen = ready == null ? "127.0.0.1:0" : ready.client();
    List<String> command =
        Stream.of(java.stream(), arguments.stream(), Stream.of("--listen", listen))
            .flatMap(words -> words)
            .toList();
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    try {
      Process started = builder.start();
      process = started;
      ready = awaitReady(started);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ReadyLine awaitReady(Process started) {
    CompletableFuture<ReadyLine> line = new CompletableFuture<>();
    Thread reader = new Thread(() -> readOutput(started, line), "stdout-" + name);
    reader.setDaemon(true);
    reader.start();
    try {
      return line.get(READY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // Before it is killed: afterwards nobody can ask it any more.
      String waits = started.isAlive() ? "\nit says: " + health() + threads(started) : "";
      started.destroyForcibly();
      throw new IllegalStateException(
          name + " did not get ready; its log ends:\n" + endOfLog() + waits, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      started.destroyForcibly();
      throw new IllegalStateException("interrupted while " + name + " started", e);
    }
  }

  /** Reads to the end, so that the process never blocks on a full pipe. */
  private static void readOutput(Process started, CompletableFuture<ReadyLine> ready) {
    try (BufferedReader output = started.inputReader(StandardCharsets.UTF_8)) {
      String line;
      while ((line = output.readLine()) != null) {
        if (line.startsWith(ReadyLine.FIRST_WORD)) {
          ready.complete(ReadyLine.parse(line));
        }
      }
      ready.completeExceptionally(new IOException("the process ended its output"));
    } catch (IOException | IllegalArgumentException e) {
      ready.completeExceptionally(e);
    }
  }

  /** kill -9, and waits until it is gone. */
  public void kill() {
    running().destroyForcibly();
    awaitExit();
  }

  /** SIGTERM; waits, and returns the exit code. */
  public int terminate() {
    running().destroy();
    return awaitExit();
  }

  /** SIGSTOP: it does nothing, but its connections stay. */
  public void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String signal) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).inheritIO().start();
      if (!kill.waitFor(EXIT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS) || kill.exitValue() != 0) {
        throw new IllegalStateException("kill -" + signal + " of " + name + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private int awaitExit() {
    Process ending = running();
    try {
      if (!ending.waitFor(EXIT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            name
                + " did not end within "
                + EXIT_TIMEOUT.toSeconds()
                + " s; its log ends:\n"
                + endOfLog());
      }
      return ending.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException(name + " has not been started");
    }
    return process;
  }

  /** Why it does not serve, if it was ready before, so that its port is known. */
  private String health() {
    if (ready == null) {
      return "(it was never ready, so its port is not known)";
    }
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create("http://" + ready.http() + "/healthz"))
                  .timeout(ASK_TIMEOUT)
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return "(no answer: " + e + ")";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "(interrupted)";
    }
  }

  /** What its threads do; nothing without a JDK. */
  private static String threads(Process process) {
    Path jstack = Path.of(System.getProperty("java.home"), "bin", "jstack");
    if (!Files.isExecutable(jstack)) {
      return "";
    }
    try {
      Process asking =
          new ProcessBuilder(jstack.toString(), Long.toString(process.pid()))
              .redirectErrorStream(true)
              .start();
      // A process that is stopped does not answer: then this ends, and with it the reading.
      asking
          .onExit()
          .orTimeout(ASK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .exceptionally(late -> asking.destroyForcibly());
      return new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(no threads: " + e + ")";
    }
  }

  /** With the first frames of each stack only: all of them would hide what went before. */
  private String endOfLog() {
    try {
      List<String> lines = new ArrayList<>();
      int frames = 0;
      for (String line : Files.readAllLines(log)) {
        frames = line.startsWith("\tat ") ? frames + 1 : 0;
        if (frames <= LOG_FRAMES_SHOWN) {
          lines.add(line);
        }
      }
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  /** Kills it if it runs, also if it is stopped. */
  @Override
  public void close() {
    if (isAlive()) {
      kill();
    }
  }
}
