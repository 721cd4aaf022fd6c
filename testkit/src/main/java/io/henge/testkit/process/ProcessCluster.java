package io.henge.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Real {@code henge server} processes on this machine, each with a directory of its own under one
 * that the test gives. The class path is that of the test, which must hold the command line. All
 * processes are gone after {@link #close}, and when this JVM ends. Not thread-safe.
 *
 * <pre>{@code
 * try (ProcessCluster cluster = ProcessCluster.in(directory)) {
 *   cluster.start(3);
 *   cluster.node("n1").kill();
 * }
 * }</pre>
 */
public final class ProcessCluster implements AutoCloseable {
  private static final List<String> JAVA_OPTIONS =
      List.of(
          "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError");

  private final Path directory;
  private final List<String> javaOptions;
  private final List<String> main;
  private final List<ServerProcess> nodes = new ArrayList<>();
  private final Thread cleaner = new Thread(this::killAll, "process-cluster-cleaner");

  private ProcessCluster(Path directory, List<String> javaOptions, List<String> main) {
    this.directory = directory;
    this.javaOptions = javaOptions;
    this.main = main;
    Runtime.getRuntime().addShutdownHook(cleaner);
  }

  /** A cluster without nodes yet. */
  public static ProcessCluster in(Path directory) {
    return in(directory, JAVA_OPTIONS);
  }

  /** The same with other options of Java. */
  public static ProcessCluster in(Path directory, List<String> javaOptions) {
    return new ProcessCluster(directory, javaOptions, List.of("io.henge.cli.Main", "server"));
  }

  static ProcessCluster of(Path directory, Class<?> main) {
    return new ProcessCluster(directory, JAVA_OPTIONS, List.of(main.getName()));
  }

  /**
   * Starts that many nodes, named n1, n2, ...: the first, which makes the cluster, and when it is
   * ready the others at once.
   *
   * @param arguments more of the first one's server command: the others find the cluster as it is
   */
  public ProcessCluster start(int count, String... arguments) {
    return start(count, arguments, new String[0]);
  }

  /** The same with arguments for each of them. */
  public ProcessCluster startAlike(int count, String... arguments) {
    return start(count, arguments, arguments);
  }

  private ProcessCluster start(int count, String[] first, String[] further) {
    add("n1", first).start();
    List<ServerProcess> others = new ArrayList<>();
    for (int i = 2; i <= count; i++) {
      others.add(add("n" + i, further));
    }
    others.parallelStream().forEach(ServerProcess::start);
    return this;
  }

  /**
   * A node that joins those that have been started, or makes the cluster if it is the first; not
   * started yet.
   *
   * @param arguments more of the server command
   */
  public ServerProcess add(String name, String... arguments) {
    Path data = directory.resolve(name);
    List<String> words = new ArrayList<>(List.of("--id", name, "--dir", data.toString()));
    List<ServerProcess> started = nodes.stream().filter(ServerProcess::hasBeenReady).toList();
    if (!nodes.isEmpty()) {
      words.add("--join");
      words.add(addresses(started.isEmpty() ? nodes : started));
    }
    words.addAll(List.of(arguments));
    createDirectory();
    ServerProcess node = new ServerProcess(name, directory.resolve(name + ".log"), java(), words);
    nodes.add(node);
    return node;
  }

  private List<String> java() {
    List<String> command = new ArrayList<>();
    command.add(QuickJava.binary());
    command.addAll(javaOptions);
    command.addAll(QuickJava.options());
    command.addAll(main);
    return command;
  }

  /** All nodes that were added, also those that do not run. */
  public List<ServerProcess> nodes() {
    return List.copyOf(nodes);
  }

  public ServerProcess node(String name) {
    return nodes.stream()
        .filter(node -> node.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no node " + name));
  }

  /** The node of an incarnation id or a name, as the cluster's state gives it. */
  public ServerProcess nodeOf(String idOrName) {
    return nodes.stream()
        .filter(node -> node.name().equals(idOrName) || node.ready().id().equals(idOrName))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no node " + idOrName));
  }

  /** Client addresses of all nodes, separated by commas. */
  public String addresses() {
    return addresses(nodes);
  }

  private static String addresses(List<ServerProcess> of) {
    return String.join(",", of.stream().map(node -> node.ready().client()).toList());
  }

  private void createDirectory() {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void killAll() {
    nodes.forEach(ServerProcess::close);
  }

  /** Kills all of them. */
  @Override
  public void close() {
    killAll();
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook runs, or has run.
    }
  }
}
