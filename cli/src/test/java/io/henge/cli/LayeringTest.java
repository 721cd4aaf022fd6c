package io.henge.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/**
 * Who may know whom. The modules' dependencies are Maven's to enforce; here are the edges inside
 * them: third-party types stay where they belong, internals stay inside, nothing goes in circles.
 */
@AnalyzeClasses(packages = "io.henge", importOptions = ImportOption.DoNotIncludeTests.class)
final class LayeringTest {
  private static final String[] ROCKSDB = {"org.rocksdb.."};
  private static final String[] RATIS = {"org.apache.ratis.."};
  private static final String[] GRPC = {"io.grpc.."};
  private static final String[] GENERATED = {"io.henge.api.v1..", "io.henge.api.internal.v1.."};

  /** Everything must be seen, or the rules below would hold for nothing. */
  @ArchTest
  static void shouldSeeAllModules(JavaClasses all) {
    for (String module :
        List.of("api", "document", "engine", "router", "replication", "client", "server", "cli")) {
      assertThat(all.stream().anyMatch(c -> c.getPackageName().startsWith("io.henge." + module)))
          .as("classes of io.henge." + module)
          .isTrue();
    }
  }

  @ArchTest
  static final ArchRule rocksDbStaysInItsPackage =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.henge.engine.rocksdb..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROCKSDB);

  @ArchTest
  static final ArchRule ratisStaysInItsPackage =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.henge.replication.ratis..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(RATIS);

  @ArchTest
  static final ArchRule grpcStaysInItsPackages =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.henge..grpc..", "io.henge.api..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(GRPC);

  /** Messages may be read where they are turned into our own types; services only at the edge. */
  @ArchTest
  static final ArchRule generatedServicesStayAtTheEdge =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.henge..grpc..", "io.henge.api..")
          .should()
          .dependOnClassesThat(
              JavaClass.Predicates.resideInAnyPackage(GENERATED)
                  .and(
                      DescribedPredicate.describe(
                          "are gRPC stubs", c -> c.getName().matches(".*Grpc(\\$.*)?"))));

  @ArchTest
  static final ArchRule theEngineKnowsNoWireFormat =
      noClasses()
          .that()
          .resideInAPackage("io.henge.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(GENERATED);

  /** Declarations are messages in words; apply has its own descriptions. */
  @ArchTest
  static final ArchRule declarationsAreNotApplied =
      noClasses()
          .that()
          .resideInAnyPackage("io.henge.replication..", "io.henge.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.henge.document.declare..");

  /**
   * Filters and patches run in apply: nothing that differs from replica to replica. JavaTexts
   * writes down what applications hand in.
   */
  @ArchTest
  static final ArchRule documentsArePure =
      noClasses()
          .that()
          .resideInAPackage("io.henge.document..")
          .and()
          .resideOutsideOfPackage("io.henge.document.declare..")
          .and()
          .doNotHaveSimpleName("JavaTexts")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.rocksdb..",
              "org.apache.ratis..",
              "io.grpc..",
              "com.google.protobuf..",
              "io.henge.api.v1..",
              "java.net..",
              "java.time..",
              "java.nio.file..",
              "java.nio.channels..")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(
              java.util.Random.class,
              java.util.Locale.class,
              java.util.UUID.class,
              java.util.concurrent.ThreadLocalRandom.class)
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime");

  @ArchTest
  static final ArchRule textsKnowNoClock =
      noClasses()
          .that()
          .haveSimpleName("JavaTexts")
          .should()
          .callMethod(java.time.Instant.class, "now")
          .orShould()
          .callMethod(java.time.LocalDate.class, "now")
          .orShould()
          .callMethod(java.util.UUID.class, "randomUUID")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(java.time.ZoneId.class, java.time.Clock.class);

  @ArchTest
  static final ArchRule routerIsPure =
      noClasses()
          .that()
          .resideInAPackage("io.henge.router..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.rocksdb..",
              "org.apache.ratis..",
              "io.grpc..",
              "java.net..",
              "java.nio.file..",
              "java.nio.channels..");

  @ArchTest
  static final ArchRule applyIsPure =
      noClasses()
          .that()
          .resideInAPackage("io.henge.replication.statemachine..")
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(
              java.util.Random.class,
              java.util.UUID.class,
              java.util.concurrent.ThreadLocalRandom.class,
              java.security.SecureRandom.class,
              java.time.Clock.class,
              java.nio.file.Files.class)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "java.net..")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime");

  /** What applications compile against: no type of a library, only ours and Java's. */
  @ArchTest
  static final ArchRule theClientsInterfaceIsItsOwn =
      noClasses()
          .that()
          .resideInAPackage("io.henge.client")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.grpc..", "com.google..", "org.rocksdb..", "org.apache.ratis..", "io.netty..");

  @ArchTest
  static final ArchRule modulesPointOneWay =
      classes().that().resideInAnyPackage("io.henge..").should(new DependOnlyOnLowerModules());

  @ArchTest
  static final ArchRule internalsOfTheClientStayInside =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.henge.client..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.henge.client.internal..");

  @ArchTest
  static final ArchRule partsOfModulesAreFreeOfCycles =
      slices().matching("io.henge.(*).(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule librariesLogAndDoNotPrint =
      noClasses()
          .that()
          // Seeds of random tests are printed: that is what they are for.
          .resideOutsideOfPackages("io.henge.cli..", "io.henge.bench..", "io.henge.api.testing..")
          .should(ACCESS_STANDARD_STREAMS);
}
