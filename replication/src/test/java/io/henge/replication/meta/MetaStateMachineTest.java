package io.henge.replication.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.LogPosition;
import io.henge.router.meta.MetaState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetaStateMachineTest {
  @TempDir Path directory;

  private final StorageEngine engine = new InMemoryStorageEngine();

  @Test
  void shouldTellWhatHasChangedAndOnlyThat() {
    try (MetaStateMachine machine = open("a")) {
      List<String> heard = new ArrayList<>();
      machine.listen((before, after) -> heard.add(before.version() + ">" + after.version()));
      machine.listen(
          (before, after) -> {
            throw new IllegalStateException("a listener's own fault");
          });
      assertThat(apply(machine, 1, MetaCommands.form(MetaCommands.id(1))).getCode()).isZero();
      machine.advance(new LogPosition(1, 2));
      apply(machine, 3, MetaCommands.form(MetaCommands.id(1)));
      MetaResult refused = apply(machine, 4, MetaCommands.collection(MetaCommands.id(2), "?"));
      assertThat(ErrorCode.of(refused.getCode())).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThatThrownBy(() -> MetaGroup.requireDone(refused))
          .isInstanceOf(HengeException.class)
          .hasMessageContaining("collection name");
      apply(machine, 5, MetaCommands.collection(MetaCommands.id(3), "carts"));
      assertThat(heard).containsExactly("0>1", "1>2");
      assertThat(machine.state().collection("carts")).isNotNull();
      assertThat(machine.applied()).isEqualTo(new LogPosition(1, 5));
    }
  }

  @Test
  void shouldGoOnWhereItsStoreIsAndReachTheSameByReplay() {
    MetaState expected;
    try (MetaStateMachine machine = open("a")) {
      expected = run(machine, 1, 40);
    }
    LogPosition flushed;
    MetaStateMachine crashed = open("b");
    run(crashed, 1, 17);
    flushed = crashed.flush();
    run(crashed, 18, 30);
    // What was not flushed is lost: only the log has it.
    try (MetaStateMachine restarted = afterCrash(crashed, "b")) {
      assertThat(restarted.durable()).isEqualTo(flushed);
      assertThat(run(restarted, 18, 40)).isEqualTo(expected);
    }
    try (MetaStateMachine again = open(new InMemoryStorageEngine(), "b")) {
      assertThat(again.state()).isEqualTo(expected);
      assertThat(again.applied()).isEqualTo(new LogPosition(1, 40));
    }
  }

  @Test
  void shouldStartFromTheCheckpointOfAnother() {
    try (MetaStateMachine one = open("a");
        MetaStateMachine other = open("b")) {
      run(one, 1, 25);
      run(other, 1, 3);
      List<MetaState> heard = new ArrayList<>();
      other.listen((before, after) -> heard.add(after));
      Path checkpoint = directory.resolve("checkpoint");
      assertThat(one.checkpoint(checkpoint)).isEqualTo(new LogPosition(1, 25));
      run(one, 26, 28);
      other.install(checkpoint);
      assertThat(other.applied()).isEqualTo(new LogPosition(1, 25));
      assertThat(heard).containsExactly(other.state());
      assertThat(run(other, 26, 28)).isEqualTo(one.state());
    }
  }

  @Test
  void shouldStopAtWhatItDoesNotKnow() {
    byte[] good = entry(MetaCommands.form(MetaCommands.id(1)));
    byte[] newer = good.clone();
    newer[0] = 2;
    refuse(newer, "format 2");
    byte[] ofAShard = good.clone();
    ofAShard[1] = 2;
    refuse(ofAShard, "kind 2");
    refuse(new byte[] {1}, "1 bytes");
    byte[] cut = Arrays.copyOf(good, good.length - 1);
    refuse(cut, "no command that can be read");
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(
                99,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("x"))
                    .build())
            .build();
    MetaCommand command = MetaCommands.collection(MetaCommands.id(1), "carts");
    refuse(entry(command.toBuilder().setUnknownFields(unknown).build()), "in MetaCommand");
    MetaCommand.Builder deep = command.toBuilder();
    deep.getCreateCollectionBuilder().setUnknownFields(unknown);
    refuse(entry(deep.build()), "in CreateCollection");
  }

  /** Entries on disk look so. */
  @Test
  void shouldWriteTheEntryItAlwaysWrote() {
    MetaEntry entry =
        new MetaEntry(
            0xabcdL,
            7,
            9,
            1_700_000_000_000L,
            MetaCommands.collection(MetaCommands.id(5), "carts"));
    String golden =
        "0140000000000000abcd000000000000000700000000000000090000018bcfe56800"
            + "0a14090100000000000000110200000000000000180562070a056361727473";
    assertThat(HexFormat.of().formatHex(entry.encode())).isEqualTo(golden);
    assertThat(MetaEntry.decode(HexFormat.of().parseHex(golden))).isEqualTo(entry);
  }

  private void refuse(byte[] entry, String why) {
    try (MetaStateMachine machine = open("refuse")) {
      LogPosition position = new LogPosition(1, machine.applied().index() + 1);
      assertThatThrownBy(() -> machine.apply(position, entry, null))
          .isInstanceOf(HengeException.class)
          .hasMessageContaining(why)
          .extracting(e -> ((HengeException) e).code())
          .isEqualTo(ErrorCode.CORRUPTION);
      assertThat(machine.state()).isEqualTo(MetaState.EMPTY);
    }
  }

  private MetaState run(MetaStateMachine machine, int from, int to) {
    for (int i = from; i <= to; i++) {
      apply(
          machine,
          i,
          i == 1
              ? MetaCommands.form(MetaCommands.id(1))
              : MetaCommands.collection(MetaCommands.id(i), "c" + i % 7));
    }
    return machine.state();
  }

  private static MetaResult apply(MetaStateMachine machine, long index, MetaCommand command) {
    return (MetaResult)
        Objects.requireNonNull(machine.apply(new LogPosition(1, index), entry(command), null));
  }

  private static byte[] entry(MetaCommand command) {
    return new MetaEntry(1, 1, 1, 1, command).encode();
  }

  private MetaStateMachine open(String name) {
    return open(engine, name);
  }

  private MetaStateMachine open(StorageEngine on, String name) {
    StoreSlot slot = StoreSlot.open(on, directory.resolve(name));
    return new MetaStateMachine(on, slot, slot::swap);
  }

  /** The same directory as another process would find it; the old machine is never used again. */
  private MetaStateMachine afterCrash(MetaStateMachine crashed, String name) {
    assertThat(crashed.durable().index()).isLessThan(crashed.applied().index());
    return open(new InMemoryStorageEngine(), name);
  }
}
