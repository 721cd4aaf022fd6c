package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryCodecTest {
  private final Random random = Seed.random("EntryCodecTest");

  @Test
  void shouldReadBackWhatItWrote() {
    CommandGenerator commands = new CommandGenerator(random);
    for (int i = 0; i < 2000; i++) {
      Entry entry = entry(commands);
      assertThat(EntryCodec.decode(EntryCodec.encode(entry)))
          .usingRecursiveComparison(TestShard.bytesAtOnce())
          .withStrictTypeChecking()
          .isEqualTo(entry);
    }
  }

  @Test
  void shouldNeverEstimateTooLittle() {
    CommandGenerator commands = new CommandGenerator(random);
    for (int i = 0; i < 2000; i++) {
      List<WriteCommand> batch = commands.next(random.nextInt(8), 1000);
      long estimate = EntryCodec.WRITES_BYTES;
      for (WriteCommand command : batch) {
        estimate += EntryCodec.bytesMax(command);
        assertThat(EntryCodec.weight(command)).isGreaterThanOrEqualTo(EntryCodec.bytesMax(command));
      }
      int bytes = EntryCodec.encode(new Entry.Writes(header(EntryKind.WRITES), batch)).length;
      assertThat((long) bytes).isLessThanOrEqualTo(estimate);
    }
  }

  @Test
  void shouldRefuseDamagedEntriesWithOneKindOfException() {
    CommandGenerator commands = new CommandGenerator(random);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = EntryCodec.encode(entry(commands));
      int changes = 1 + random.nextInt(3);
      for (int c = 0; c < changes; c++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      refused += refuses(bytes) ? 1 : 0;
    }
    // Most damage shows; what does not is another valid entry, which only a checksum could tell.
    assertThat(refused).isGreaterThan(1000);
  }

  @Test
  void shouldRefuseRandomBytes() {
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length > 1 && random.nextBoolean()) {
        bytes[0] = 1;
        bytes[1] = (byte) (1 + random.nextInt(6));
      }
      refuses(bytes);
    }
  }

  @Test
  void shouldRefuseEveryTruncation() {
    byte[] bytes =
        EntryCodec.encode(
            new Entry.Writes(header(EntryKind.WRITES), new CommandGenerator(random).next(5, 1000)));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> EntryCodec.decode(cut)).isInstanceOf(HengeException.class);
    }
  }

  /** 2^62 elements announced in a few bytes must not be believed. */
  @Test
  void shouldNotAllocateWhatIsOnlyAnnounced() {
    ByteWriter out = new ByteWriter(64);
    out.raw(EntryCodec.encode(new Entry.Tick(header(EntryKind.TICK))));
    byte[] bytes = out.copy();
    bytes[1] = (byte) EntryKind.WRITES.code();
    for (long count : new long[] {1L << 62, Integer.MAX_VALUE, -1, 1}) {
      ByteWriter announced = new ByteWriter(64);
      announced.raw(bytes);
      announced.varint(count);
      assertThat(refuses(announced.toBytes())).isTrue();
    }
  }

  private static boolean refuses(byte[] bytes) {
    try {
      EntryCodec.decode(bytes);
      return false;
    } catch (HengeException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION);
      return true;
    }
  }

  private Entry entry(CommandGenerator commands) {
    return switch (random.nextInt(11)) {
      case 8 ->
          reshape(new ReshapeCommand.Split(random.nextLong(), 9, bytes(20), 1, List.of("a", "b")));
      case 9 ->
          reshape(
              new ReshapeCommand.AbsorbRows(
                  random.nextLong(),
                  bytes(9),
                  bytes(9),
                  List.of(
                      new RawRow(KeySpace.DATA, bytes(30), bytes(30)),
                      new RawRow(KeySpace.REQUESTS, bytes(17), bytes(30)))));
      case 10 ->
          reshape(
              new ReshapeCommand.AbsorbCommit(
                  1, 2, random.nextLong(), random.nextLong(), TestShard.COLLECTIONS, 9, 10));
      case 0 -> new Entry.Tick(header(EntryKind.TICK));
      case 1 ->
          new Entry.Create(
              header(EntryKind.CREATE),
              new ShardDescription(random.nextLong(), random.nextLong(), bytes(20), bytes(20)),
              TestShard.COLLECTIONS);
      case 2 -> new Entry.Catalogue(header(EntryKind.CATALOGUE), TestShard.COLLECTIONS);
      case 3 -> new Entry.Lease(header(EntryKind.LEASE));
      default -> new Entry.Writes(header(EntryKind.WRITES), commands.next(random.nextInt(5), 1000));
    };
  }

  private Entry reshape(ReshapeCommand command) {
    return new Entry.Reshape(header(command.kind()), command);
  }

  private EntryHeader header(EntryKind kind) {
    return new EntryHeader(
        kind,
        random.nextLong(),
        random.nextLong(),
        random.nextLong(),
        random.nextLong() & EntryHeader.TIME_MILLIS_MAX);
  }

  private byte[] bytes(int max) {
    byte[] bytes = new byte[random.nextInt(max)];
    random.nextBytes(bytes);
    return bytes;
  }
}
