package io.henge.testkit.cluster;

import io.henge.client.HengeClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Starts the cluster of {@link HengeCluster} when a test asks for it; JUnit's store closes it. */
final class HengeClusterExtension implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(HengeClusterExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TestCluster.class || type == HengeClient.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    TestCluster cluster = cluster(context);
    return parameter.getParameter().getType() == TestCluster.class ? cluster : cluster.client();
  }

  private static TestCluster cluster(ExtensionContext context) {
    ExtensionContext owner = owner(context);
    HengeCluster wanted =
        owner
            .getElement()
            .flatMap(e -> AnnotationSupport.findAnnotation(e, HengeCluster.class))
            .orElseThrow(
                () -> new IllegalStateException("no @HengeCluster at " + owner.getDisplayName()));
    // By the owner's id: a method's store would otherwise find the cluster of its class.
    return owner
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(owner.getUniqueId(), k -> Held.start(wanted), Held.class)
        .cluster();
  }

  /** The method if it carries the annotation, else its class or one around it. */
  private static ExtensionContext owner(ExtensionContext context) {
    Optional<ExtensionContext> here = Optional.of(context);
    while (here.isPresent()) {
      if (here.get()
          .getElement()
          .filter(e -> e.isAnnotationPresent(HengeCluster.class))
          .isPresent()) {
        return here.get();
      }
      here = here.get().getParent();
    }
    return context;
  }

  /** A cluster with its directory, as JUnit's store holds it. */
  private record Held(TestCluster cluster, Path directory) implements AutoCloseable {
    static Held start(HengeCluster wanted) {
      Path directory;
      try {
        directory = Files.createTempDirectory("henge-test");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new Held(TestCluster.start(wanted.nodes(), wanted.shards(), directory), directory);
    }

    @Override
    public void close() throws IOException {
      cluster.close();
      List<Path> files;
      try (Stream<Path> tree = Files.walk(directory)) {
        files = tree.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
  }
}
