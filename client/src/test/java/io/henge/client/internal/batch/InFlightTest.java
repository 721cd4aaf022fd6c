package io.henge.client.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private static final class Plain extends Outgoing {
    Plain(long id) {
      super(Request.newBuilder().setId(id).build());
    }

    @Override
    protected void onAnswer(Response answer) {}

    @Override
    protected void onLost(HengeException why) {}
  }

  @Test
  void shouldDoWhatAHashMapDoes() {
    Random random = Seed.random("InFlightTest");
    InFlight table = new InFlight();
    Map<Long, Outgoing> model = new HashMap<>();
    List<Long> ids = new ArrayList<>();
    for (int step = 0; step < 100_000; step++) {
      // Few low bits: long runs and wrap-around.
      long id = random.nextInt(200) * (random.nextBoolean() ? 1L : 64L);
      if (random.nextInt(2 + step % 3) == 0 && !model.containsKey(id)) {
        Outgoing outgoing = new Plain(id);
        table.put(outgoing);
        model.put(id, outgoing);
        ids.add(id);
      } else {
        assertThat(table.remove(id)).isSameAs(model.remove(id));
      }
      if (step % 20_000 == 0) {
        assertThat(table.drain()).containsExactlyInAnyOrderElementsOf(model.values());
        model.clear();
      }
      assertThat(table.size()).isEqualTo(model.size());
    }
    assertThat(ids).hasSizeGreaterThan(1_000);
  }
}
