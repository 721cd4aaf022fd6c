package io.henge.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.v1.Documents;
import org.junit.jupiter.api.Test;

class CollectionPathsTest {
  @Test
  void shouldWriteEachPathInItsOneWay() {
    Documents checked =
        CollectionPaths.checked(
            Documents.newBuilder()
                .addShardPaths("[\"user\"].\"id\"")
                .addIdPaths("\"a.b\"")
                .setTtlPath("\"until\"")
                .build());
    assertThat(checked)
        .isEqualTo(
            Documents.newBuilder()
                .addShardPaths("user.id")
                .addIdPaths("\"a.b\"")
                .setTtlPath("until")
                .build());
  }

  @Test
  void shouldRefusePathsThatMakeNoKeys() {
    assertThatThrownBy(
            () ->
                CollectionPaths.checked(
                    Documents.newBuilder().addShardPaths("a[0]").addIdPaths("b").build()))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("shard_paths: names of members expected");
  }
}
