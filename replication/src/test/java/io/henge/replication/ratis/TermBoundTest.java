package io.henge.replication.ratis;

import static io.henge.replication.ratis.RatisCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a replica which has lost its term and vote goes on, and never in a term it knew. */
final class TermBoundTest {
  @TempDir Path directory;

  private Path meta() {
    return directory.resolve("current/raft-meta");
  }

  private void vote(long term, String candidate) throws IOException {
    Files.createDirectories(meta().getParent());
    Files.writeString(meta(), "#\n#Today\nterm=" + term + "\nvotedFor=" + candidate + "\n");
  }

  private long kept() throws IOException {
    return Long.parseLong(Files.readString(directory.resolve(TermBound.FILE)).strip());
  }

  @Test
  void shouldBeAheadOfTheTermAndLeaveTheVoteAlone() throws IOException {
    vote(7, "b");
    String before = Files.readString(meta());
    TermBound bound = TermBound.open(directory);
    assertThat(bound.covers(7)).isTrue();
    assertThat(bound.covers(7 + TermBound.STEP)).isTrue();
    assertThat(bound.covers(8 + TermBound.STEP)).isFalse();
    assertThat(Files.readString(meta())).isEqualTo(before);
  }

  @Test
  void shouldGoOnInTheTermOfTheBoundWhenTheVoteIsLost() throws IOException {
    vote(7, "b");
    long limit = 7 + TermBound.STEP;
    TermBound.open(directory);
    for (String lost : List.of("", "#\n", "term=8\n", "votedFor=b\n", "term=\nvotedFor=b\n")) {
      Files.writeString(directory.resolve(TermBound.FILE), limit + "\n");
      Files.writeString(meta(), lost);
      TermBound bound = TermBound.open(directory);
      assertThat(Files.readAllLines(meta()))
          .containsExactlyInAnyOrder("term=" + limit, "votedFor=nobody");
      assertThat(bound.covers(limit + TermBound.STEP)).isTrue();
    }
  }

  @Test
  void shouldLeaveALostVoteAloneWithoutABound() throws IOException {
    Files.createDirectories(meta().getParent());
    Files.createFile(meta());
    assertThat(TermBound.open(directory).covers(1)).isFalse();
    assertThat(meta()).isEmptyFile();
    assertThat(directory.resolve(TermBound.FILE)).doesNotExist();
  }

  @Test
  void shouldMoveOnDiskBeforeTheTermComesNear() throws IOException {
    vote(7, "b");
    TermBound bound = TermBound.open(directory);
    long far = kept();
    bound.raise(far - TermBound.STEP / 2);
    assertThat(kept()).isEqualTo(far);
    bound.raise(far - TermBound.STEP / 2 + 1);
    assertThat(kept()).isGreaterThan(far);
    assertThat(bound.covers(kept())).isTrue();
    assertThat(bound.covers(kept() + 1)).isFalse();
  }

  @Test
  void shouldKeepTheBoundWhenItCannotBeMoved() throws IOException {
    vote(7, "b");
    TermBound bound = TermBound.open(directory);
    long far = kept();
    // The draft's place is taken, so that it cannot be written.
    Files.createDirectories(directory.resolve(TermBound.FILE + ".draft"));
    assertThatThrownBy(() -> bound.raise(far)).isInstanceOf(IOException.class);
    assertThat(kept()).isEqualTo(far);
    assertThat(bound.covers(far + 1)).isFalse();
  }

  @Test
  void shouldStartEveryReplicaThatLostItsVoteOneAfterAnother() {
    RatisCluster<ListMachine> cluster =
        new RatisCluster<>(
            directory, RatisSettings.small(), (id, machine) -> new ListMachine(machine));
    try {
      cluster.create("a", "b", "c");
      List<String> expected = new ArrayList<>(cluster.writeMany("w", 3));
      List<String> order = List.of("a", "b", "c", "a");
      for (int round = 0; round < order.size(); round++) {
        String id = order.get(round);
        String without = "without " + id + " in round " + round;
        String with = "with " + id + " in round " + round;
        RatisCluster<ListMachine>.Node node = cluster.node(id);
        node.kill();
        cluster.write(without);
        loseVote(node, cluster);
        node.restart();
        cluster.write(with);
        expected.addAll(List.of(without, with));
        for (String each : List.of("a", "b", "c")) {
          // What was proposed while a leader changed may be there twice.
          await()
              .atMost(PATIENCE)
              .untilAsserted(
                  () ->
                      assertThat(cluster.node(each).machine().entries().stream().distinct())
                          .containsExactlyElementsOf(expected));
        }
      }
    } finally {
      cluster.shutdown();
    }
  }

  private static void loseVote(
      RatisCluster<ListMachine>.Node node, RatisCluster<ListMachine> cluster) {
    Path replica = node.raftDirectory().resolve(cluster.groupId.uuid().toString());
    try {
      Files.write(replica.resolve("current/raft-meta"), new byte[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
