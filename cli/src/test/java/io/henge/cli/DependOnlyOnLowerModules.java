package io.henge.cli;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The order of the modules, by their root packages: each may know those listed for it. */
final class DependOnlyOnLowerModules extends ArchCondition<JavaClass> {
  private static final String BASE = "io.henge.";
  private static final Map<String, Set<String>> MAY_KNOW =
      Map.of(
          "api", Set.of(),
          "document", Set.of("api"),
          "engine", Set.of("api"),
          "router", Set.of("api"),
          "replication", Set.of("api", "document", "engine", "router"),
          "client", Set.of("api", "document", "router"),
          "server", Set.of("api", "document", "engine", "router", "replication", "client"),
          "testkit",
              Set.of("api", "document", "engine", "router", "replication", "client", "server"),
          "bench",
              Set.of(
                  "api",
                  "document",
                  "engine",
                  "router",
                  "replication",
                  "client",
                  "server",
                  "testkit"),
          "cli", Set.of("api", "document", "router", "client", "server", "bench", "testkit"));

  DependOnlyOnLowerModules() {
    super("depend only on modules below their own");
  }

  @Override
  public void check(JavaClass item, ConditionEvents events) {
    String module = module(item).orElseThrow(() -> new AssertionError("no module: " + item));
    Set<String> allowed = MAY_KNOW.get(module);
    if (allowed == null) {
      events.add(SimpleConditionEvent.violated(item, "unknown module of " + item.getName()));
      return;
    }
    for (Dependency dependency : item.getDirectDependenciesFromSelf()) {
      Optional<String> target = module(dependency.getTargetClass());
      if (target.isPresent() && !target.get().equals(module) && !allowed.contains(target.get())) {
        events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
      }
    }
  }

  private static Optional<String> module(JavaClass type) {
    String name = type.getBaseComponentType().getPackageName() + ".";
    if (!name.startsWith(BASE)) {
      return Optional.empty();
    }
    return Optional.of(name.substring(BASE.length(), name.indexOf('.', BASE.length())));
  }
}
