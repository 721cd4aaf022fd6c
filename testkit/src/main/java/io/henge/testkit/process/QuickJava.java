package io.henge.testkit.process;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How to run Java over the class path of this JVM. As the {@code henge} command does, it keeps
 * classes as a JVM has parsed them: half of what it takes to start a node is to read them. Made at
 * the first use, gone with this JVM. Thread-safe.
 */
public final class QuickJava {
  private static final Logger LOG = LoggerFactory.getLogger(QuickJava.class);
  private static final String MAIN = "io.henge.cli.Main";
  private static final long DUMP_SECONDS_MAX = 120;
  private static final List<String> LOGGING =
      List.of("-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr");

  private static volatile List<String> options = List.of();

  private QuickJava() {}

  /** The Java that runs this, by its path. */
  public static String binary() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** A command line for short-lived programs, to which arguments can be added. */
  public static List<String> command(Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(binary());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(options());
    command.add(main.getName());
    return command;
  }

  /**
   * Options that come before the main class: the class path, and what makes it quick. They fit the
   * serial collector. The first call takes some seconds.
   */
  public static List<String> options() {
    if (options.isEmpty()) {
      synchronized (QuickJava.class) {
        if (options.isEmpty()) {
          options = make();
        }
      }
    }
    return options;
  }

  /** Of this JVM: Surefire's own class path is a jar that only lists the real one. */
  private static String classPath() {
    return Optional.ofNullable(System.getProperty("surefire.test.class.path"))
        .orElseGet(() -> System.getProperty("java.class.path"));
  }

  private static List<String> make() {
    try {
      Path directory = Files.createTempDirectory("henge-classes");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory), "quick-java"));
      String jars = jars(directory);
      Path archive = directory.resolve("classes.jsa");
      if (dump(jars, archive, directory.resolve("dump.log"))) {
        List<String> quick = new ArrayList<>(LOGGING);
        quick.addAll(List.of("-XX:SharedArchiveFile=" + archive, "-cp", jars));
        return List.copyOf(quick);
      }
      LOG.info("classes could not be kept as they are parsed: processes start more slowly");
    } catch (IOException | UncheckedIOException e) {
      LOG.info("processes start more slowly", e);
    }
    return List.of("-cp", classPath());
  }

  /** The class path with a jar for each directory: class data sharing takes no others. */
  private static String jars(Path target) throws IOException {
    List<String> jars = new ArrayList<>();
    for (String entry : classPath().split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        Path jar = target.resolve(jars.size() + ".jar");
        pack(path, jar);
        jars.add(jar.toString());
      } else if (Files.exists(path)) {
        jars.add(entry);
      }
    }
    return String.join(File.pathSeparator, jars);
  }

  private static void pack(Path directory, Path jar) throws IOException {
    Map<String, Path> files = new LinkedHashMap<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
        files.put(directory.relativize(file).toString().replace(File.separatorChar, '/'), file);
      }
    }
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setLevel(Deflater.NO_COMPRESSION);
      for (Map.Entry<String, Path> file : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(file.getKey()));
        Files.copy(file.getValue(), zip);
        zip.closeEntry();
      }
    }
  }

  /** Lets a node of a short life load what nodes load; false if nothing came of it. */
  private static boolean dump(String jars, Path archive, Path log) throws IOException {
    List<String> command = new ArrayList<>(List.of(binary()));
    command.addAll(LOGGING);
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:ArchiveClassesAtExit=" + archive,
            "-cp",
            jars,
            MAIN,
            "shell",
            "--embedded",
            "-e",
            "create collection c; put c a 1; get c a; status"));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .start();
    try {
      if (!process.waitFor(DUMP_SECONDS_MAX, TimeUnit.SECONDS)) {
        return false;
      }
      return Files.exists(archive) && Files.size(archive) > 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      process.destroyForcibly();
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      LOG.debug("{} is left behind", directory, e);
    }
  }
}
