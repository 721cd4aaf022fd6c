package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.RequestId;
import io.henge.api.testing.Seed;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequestIndexTest {
  private final Random random = Seed.random("RequestIndexTest");

  @Test
  void shouldFindWhatIsNotPastAndForgetTheRest() {
    RequestIndex index = new RequestIndex();
    LongQueue dead = new LongQueue();
    Map<RequestId, long[]> model = new HashMap<>();
    long time = 1_000_000;
    for (int row = 0; row < 3000; row++) {
      time += random.nextInt(60);
      forget(index, time, dead);
      long latest = 0;
      for (int i = random.nextInt(20); i > 0; i--) {
        RequestId id = new RequestId(random.nextInt(3), random.nextInt(2), random.nextInt(1 << 20));
        if (model.containsKey(id)) {
          continue;
        }
        long notAfter = time + random.nextInt(60_000);
        index.add(id, notAfter, row);
        model.put(id, new long[] {notAfter, row});
        latest = Math.max(latest, notAfter);
      }
      if (latest > 0) {
        index.addRow(row, latest);
      }
    }
    assertThat(index.bytes()).isPositive();
    for (Map.Entry<RequestId, long[]> entry : model.entrySet()) {
      Set<Long> rows = rows(index, entry.getKey());
      if (entry.getValue()[0] >= time) {
        assertThat(rows).contains(entry.getValue()[1]);
      }
    }
    assertThat(rows(index, new RequestId(9, 9, 9))).isEmpty();
    while (!dead.isEmpty()) {
      dead.remove();
    }
    forget(index, time + 70_000, dead);
    assertThat(index.bytes()).isZero();
    assertThat(index.nextForgetting()).isEqualTo(Long.MAX_VALUE);
    model.keySet().forEach(id -> assertThat(rows(index, id)).isEmpty());
  }

  @Test
  void shouldTakeLittleMemory() {
    RequestIndex index = new RequestIndex();
    int requests = 200_000;
    for (int i = 0; i < requests; i++) {
      index.add(new RequestId(1, 2, i), 1_000_000 + i / 4, i);
    }
    assertThat(index.bytes() / requests).isBetween(16L, 50L);
  }

  @Test
  void shouldKeepTheOrderOfAQueue() {
    LongQueue queue = new LongQueue();
    long in = 0;
    long out = 0;
    for (int i = 0; i < 10_000; i++) {
      if (random.nextInt(5) < 3) {
        queue.add(in++);
      } else if (!queue.isEmpty()) {
        assertThat(queue.remove()).isEqualTo(out++);
      }
    }
    assertThat(queue.isEmpty()).isEqualTo(in == out);
  }

  private static void forget(RequestIndex index, long time, LongQueue dead) {
    index.forget(
        time,
        (refs, count) -> {
          for (int i = 0; i < count; i++) {
            dead.add(refs[i]);
          }
        });
  }

  private static Set<Long> rows(RequestIndex index, RequestId id) {
    Set<Long> rows = new HashSet<>();
    index.find(
        id,
        ref -> {
          rows.add(ref);
          return true;
        });
    return rows;
  }
}
