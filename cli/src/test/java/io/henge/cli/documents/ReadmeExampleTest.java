package io.henge.cli.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java of README.md is compiled as it stands there, and run on the cluster it says. */
class ReadmeExampleTest {
  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLUSTER = Pattern.compile("`(Henge\\.embedded\\(\\)[^`]*)`");

  @TempDir private Path directory;

  @Test
  void shouldCompileAndRun() throws Exception {
    String readme = Files.readString(Path.of("..", "README.md"));
    String example = only(EXAMPLE, readme);
    assertThat(example).contains("\"127.0.0.1:7401\"");
    String source =
        """
        import io.henge.api.item.*;
        import io.henge.api.key.*;
        import io.henge.client.*;
        import io.henge.server.*;
        import java.util.*;

        public class Example {
          public static String run() {
            try (Henge cluster = %s) {
              %s
              return cluster.client().collection("carts")
                  .get(Key.of("ann"), Key.of("apple")).orElseThrow().toString();
            }
          }
        }
        """
            .formatted(
                only(CLUSTER, readme),
                example.replace("\"127.0.0.1:7401\"", "cluster.nodes().get(0).clientAddress()"));
    compile(source);
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
      Object item = loader.loadClass("Example").getMethod("run").invoke(null);
      assertThat(item).asString().isNotEmpty();
    }
  }

  private static String only(Pattern pattern, String text) {
    List<String> found = pattern.matcher(text).results().map(match -> match.group(1)).toList();
    assertThat(found).as(pattern.pattern()).hasSize(1);
    return found.get(0);
  }

  private void compile(String source) throws Exception {
    Path file = Files.writeString(directory.resolve("Example.java"), source);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    String classpath =
        Optional.ofNullable(System.getProperty("surefire.test.class.path"))
            .orElseGet(() -> System.getProperty("java.class.path"));
    StringWriter problems = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  problems,
                  files,
                  null,
                  List.of("-cp", classpath, "-d", directory.toString(), "-proc:none"),
                  null,
                  files.getJavaFileObjects(file))
              .call();
      assertThat(compiled).as("%s%n%s", source, problems).isTrue();
    }
  }
}
