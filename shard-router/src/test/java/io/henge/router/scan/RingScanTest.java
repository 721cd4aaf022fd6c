package io.henge.router.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.ScanCursor;
import io.henge.api.testing.Seed;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.FoundItem;
import io.henge.api.v1.Item;
import io.henge.api.v1.Value;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RingScanTest {
  private static final int KEY_BYTES_MAX = 100;

  private final Random random = Seed.random("RingScanTest");

  /** Keys, given out in small pages; each answer waits until it is let go. */
  private final class InMemoryRing implements RingScan.Pages {
    final TreeSet<byte[]> keys =
        new TreeSet<>(Comparator.comparing(k -> k, Arrays::compareUnsigned));
    final List<Runnable> asked = new ArrayList<>();
    boolean atOnce;

    @Override
    public CompletableFuture<FindResponse> fetch(byte[] cursor, byte[] until) {
      CompletableFuture<FindResponse> answer = new CompletableFuture<>();
      Runnable give = () -> answer.complete(page(position(cursor), position(until)));
      if (atOnce) {
        give.run();
      } else {
        asked.add(give);
      }
      return answer;
    }

    private byte[] position(byte[] wire) {
      return wire.length == 0
          ? wire
          : ScanCursor.decode(wire, new byte[0], false, KEY_BYTES_MAX).position();
    }

    private FindResponse page(byte[] from, byte[] until) {
      FindResponse.Builder page = FindResponse.newBuilder();
      int left = 1 + random.nextInt(4);
      for (byte[] key : keys.tailSet(from)) {
        if (until.length > 0 && Arrays.compareUnsigned(key, until) >= 0) {
          // As a shard that ends there would, or one that knows that nothing is left.
          return random.nextBoolean() ? page.build() : page.setCursor(wire(until)).build();
        }
        if (left-- == 0) {
          return page.setCursor(wire(key)).build();
        }
        page.addItems(
            FoundItem.newBuilder()
                .setItem(
                    Item.newBuilder()
                        .setValue(Value.newBuilder().setData(ByteString.copyFrom(key)))));
      }
      return page.build();
    }

    private ByteString wire(byte[] position) {
      return ByteString.copyFrom(new ScanCursor(false, position).encode(new byte[0]));
    }
  }

  private InMemoryRing ring(int count) {
    InMemoryRing ring = new InMemoryRing();
    while (ring.keys.size() < count) {
      ring.keys.add(ByteBuffer.allocate(10).putLong(random.nextLong()).array());
    }
    return ring;
  }

  private RingScan scan(InMemoryRing ring, byte[] cursor, int lanes) {
    return new RingScan(cursor, lanes, KEY_BYTES_MAX, ring, () -> {});
  }

  private void answerOne(InMemoryRing ring) {
    ring.asked.remove(random.nextInt(ring.asked.size())).run();
  }

  private static List<byte[]> keys(RingScan.Page page) {
    return page.found().getItemsList().stream()
        .map(item -> item.getItem().getValue().getData().toByteArray())
        .toList();
  }

  @Test
  void shouldFindEachKeyOnceWhateverTheOrderOfAnswers() {
    for (int round = 0; round < 50; round++) {
      InMemoryRing ring = ring(random.nextInt(200));
      int lanes = 1 + random.nextInt(8);
      RingScan scan = scan(ring, new byte[0], lanes);
      scan.start();
      List<byte[]> found = new ArrayList<>();
      double done = 0;
      while (!scan.isDone()) {
        assertThat(ring.asked).hasSizeLessThanOrEqualTo(lanes);
        if (random.nextBoolean() && !ring.asked.isEmpty()) {
          answerOne(ring);
        }
        RingScan.Page page = scan.poll();
        if (page != null) {
          found.addAll(keys(page));
          assertThat(page.done()).isBetween(done - 1e-9, 1.0);
          done = page.done();
          assertThat(page.cursor().length == 0).isEqualTo(scan.isDone());
        }
      }
      assertThat(done).isCloseTo(1, within(1e-9));
      found.sort(Arrays::compareUnsigned);
      assertThat(found).containsExactlyElementsOf(ring.keys);
    }
  }

  @Test
  void shouldGoOnFromTheCursorOfAnyPage() {
    for (int round = 0; round < 50; round++) {
      InMemoryRing ring = ring(random.nextInt(100));
      ring.atOnce = true;
      byte[] cursor = new byte[0];
      List<byte[]> found = new ArrayList<>();
      do {
        RingScan scan = scan(ring, cursor, 1 + random.nextInt(8));
        scan.start();
        for (int pages = 1 + random.nextInt(5); pages > 0 && !scan.isDone(); pages--) {
          RingScan.Page page = scan.poll();
          assertThat(page).isNotNull();
          if (page != null) {
            found.addAll(keys(page));
            cursor = page.cursor();
          }
        }
        scan.cancel();
      } while (cursor.length > 0);
      found.sort(Arrays::compareUnsigned);
      assertThat(found).containsExactlyElementsOf(ring.keys);
    }
  }

  @Test
  void shouldNotReadAheadOfASlowReader() {
    InMemoryRing ring = ring(500);
    RingScan scan = scan(ring, new byte[0], 4);
    scan.start();
    while (!ring.asked.isEmpty()) {
      answerOne(ring);
    }
    assertThat(scan.poll()).isNotNull();
    assertThat(ring.asked).as("one was taken, one is asked for").hasSize(1);
    scan.cancel();
    answerOne(ring);
    assertThat(scan.poll()).isNull();
    assertThat(ring.asked).isEmpty();
  }

  @Test
  void shouldFailAndStandWhereItWas() {
    InMemoryRing ring = ring(500);
    ring.atOnce = true;
    List<Integer> calls = new ArrayList<>();
    RingScan.Pages failing =
        (cursor, until) -> {
          calls.add(1);
          return calls.size() > 6
              ? CompletableFuture.failedFuture(new HengeException(ErrorCode.DEADLINE, "as planned"))
              : ring.fetch(cursor, until);
        };
    RingScan scan = new RingScan(new byte[0], 2, KEY_BYTES_MAX, failing, () -> {});
    scan.start();
    List<byte[]> found = new ArrayList<>();
    byte[] cursor = new byte[0];
    HengeException failure = null;
    while (failure == null) {
      try {
        RingScan.@Nullable Page page = scan.poll();
        assertThat(page).isNotNull();
        if (page != null) {
          found.addAll(keys(page));
          cursor = page.cursor();
        }
      } catch (HengeException e) {
        failure = e;
      }
    }
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE);
    assertThat(scan.isDone()).isFalse();
    RingScan rest = scan(ring, cursor, 2);
    rest.start();
    while (!rest.isDone()) {
      RingScan.Page page = rest.poll();
      if (page != null) {
        found.addAll(keys(page));
      }
    }
    found.sort(Arrays::compareUnsigned);
    assertThat(found).containsExactlyElementsOf(ring.keys);
  }

  @Test
  void shouldRefuseCursorsThatAreNone() {
    byte[] good = RingParts.whole(3).encode();
    for (int i = 0; i < 2_000; i++) {
      byte[] bad = Arrays.copyOf(good, random.nextInt(good.length + 3));
      if (bad.length > 0) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        RingParts parts = RingParts.decode(bad, KEY_BYTES_MAX);
        assertThat(parts.done()).isBetween(0.0, 1.0);
        assertThat(parts.encode()).isEqualTo(bad);
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      }
    }
    assertThatThrownBy(() -> scan(ring(0), new byte[] {7}, 1)).hasMessageContaining("cursor: ");
    assertThatThrownBy(() -> scan(ring(0), new byte[0], 0)).hasMessageContaining("parallel: 1 to");
  }
}
