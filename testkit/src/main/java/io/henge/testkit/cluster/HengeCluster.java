package io.henge.testkit.cluster;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives tests a cluster: parameters of type {@link TestCluster} and {@link
 * io.henge.client.HengeClient}. On a class, its tests share one; on a method, the test has one of
 * its own, which is what tests that break things want. Gone, with its data, afterwards.
 *
 * <pre>{@code
 * @HengeCluster(nodes = 3)
 * void shouldSurvive(TestCluster cluster, HengeClient client) {
 *   cluster.kill(cluster.leader(1));
 * }
 * }</pre>
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(HengeClusterExtension.class)
public @interface HengeCluster {
  /** Number of nodes. */
  int nodes() default 3;

  /** Shards that the cluster is cut into when it is made. */
  int shards() default 1;
}
