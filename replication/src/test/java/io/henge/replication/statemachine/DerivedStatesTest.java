package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DerivedStatesTest {
  private static final long START = 1_000_000;

  private static CollectionInfo documents(
      int id, long changedIn, boolean dropped, List<Integer> indexes, List<CopyRule> rules) {
    return new CollectionInfo(
        id,
        "c" + id,
        0,
        false,
        dropped,
        changedIn,
        new CollectionInfo.Documents(
            List.of("s"),
            List.of("i"),
            "",
            indexes.stream()
                .map(
                    index ->
                        new IndexInfo(
                            index, "by" + index, List.of(new IndexInfo.Field("a", false))))
                .toList(),
            rules,
            null));
  }

  private static CopyRule count(int id, int sourceId, CopyRule.State state) {
    return new CopyRule(
        id,
        CopyRule.Kind.COUNT,
        sourceId,
        List.of(),
        "n",
        List.of(),
        0,
        "",
        0,
        CopyRule.WhenDeleted.KEEP,
        state);
  }

  private static void install(TestShard shard, CollectionInfo... collections) {
    shard.applyNew(
        new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, START), List.of(collections)), true);
  }

  private static DerivedState.@Nullable Phase phase(TestShard shard, int id) {
    DerivedState state = shard.machine().state().derived().find(id);
    return state == null ? null : state.phase();
  }

  @Test
  void shouldBuildWhatComesToCollectionsThatAreThereAndDropWhatIsGone(@TempDir Path directory) {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    try (TestShard shard = new TestShard(engine, directory).create(START)) {
      install(shard, documents(10, 20, false, List.of(1), List.of()));
      assertThat(phase(shard, 1))
          .as("nothing can be there yet")
          .isEqualTo(DerivedState.Phase.READY);

      install(shard, documents(10, 21, false, List.of(1, 2), List.of()));
      assertThat(phase(shard, 1)).isEqualTo(DerivedState.Phase.READY);
      assertThat(phase(shard, 2)).isEqualTo(DerivedState.Phase.BUILDING);

      CopyRule rule = count(3, 10, CopyRule.State.LIVE);
      install(shard, documents(11, 22, false, List.of(4), List.of(rule)));
      assertThat(phase(shard, 4)).isEqualTo(DerivedState.Phase.READY);
      assertThat(phase(shard, 3)).as("sources are there").isEqualTo(DerivedState.Phase.BUILDING);
      Derived source =
          Objects.requireNonNull(
              Objects.requireNonNull(shard.machine().state().catalogue().find(10)).derived());
      assertThat(source.sourceOf()).containsExactly(new Derived.SourceOf(11, rule));

      CopyRule dropped = count(3, 10, CopyRule.State.DROPPED);
      install(
          shard,
          documents(10, 23, false, List.of(2), List.of()),
          documents(11, 24, false, List.of(4), List.of(dropped)));
      assertThat(phase(shard, 1)).isEqualTo(DerivedState.Phase.DROPPING);
      assertThat(phase(shard, 2)).isEqualTo(DerivedState.Phase.BUILDING);
      assertThat(phase(shard, 3)).isEqualTo(DerivedState.Phase.DROPPING);

      install(shard, documents(11, 25, true, List.of(4), List.of()));
      assertThat(phase(shard, 4)).isEqualTo(DerivedState.Phase.DROPPING);

      shard.machine().flush();
      DerivedStates before = shard.machine().state().derived();
      shard.crash();
      assertThat(shard.machine().state().derived().all())
          .usingRecursiveFieldByFieldElementComparator()
          .containsExactlyElementsOf(before.all());
    }
  }

  @Test
  void shouldLeaveStatesOfAFrozenShardAndCatchUpWhenItIsThawed(@TempDir Path directory) {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    try (TestShard shard = new TestShard(engine, directory).create(START)) {
      install(shard, documents(10, 20, false, List.of(1), List.of()));
      shard.reshape(START, new ReshapeCommand.Freeze(5, 99));
      install(shard, documents(10, 21, false, List.of(2), List.of()));
      assertThat(phase(shard, 1)).isEqualTo(DerivedState.Phase.READY);
      assertThat(phase(shard, 2)).isNull();
      shard.reshape(START, new ReshapeCommand.Thaw(5));
      assertThat(phase(shard, 1)).isEqualTo(DerivedState.Phase.DROPPING);
      assertThat(phase(shard, 2)).isEqualTo(DerivedState.Phase.BUILDING);
    }
  }
}
