package io.henge.router.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class RowsTest {
  private record Row(int key, int value) {}

  private static final Rows<Integer, Row> EMPTY = Rows.empty(Row::key, Comparator.naturalOrder());

  @Test
  void shouldBeASortedMapThatNeverChanges() {
    Random random = Seed.random("RowsTest");
    for (int run = 0; run < 40; run++) {
      int keys = 1 + random.nextInt(4_000);
      Rows<Integer, Row> rows = EMPTY;
      TreeMap<Integer, Row> model = new TreeMap<>();
      Rows<Integer, Row> kept = rows;
      List<Row> keptModel = List.of();
      for (int step = 0; step < 3_000; step++) {
        int key = random.nextInt(keys);
        int action = random.nextInt(100);
        if (action < 60) {
          Row row = new Row(key, step);
          rows = rows.with(row);
          model.put(key, row);
        } else if (action < 95) {
          rows = rows.without(key);
          model.remove(key);
        } else {
          List<Row> many = new ArrayList<>();
          for (int i = random.nextInt(100); i > 0; i--) {
            Row row = new Row(random.nextInt(keys), step + i);
            many.add(row);
            model.put(row.key(), row);
          }
          rows = rows.withAll(many);
        }
        assertThat(rows.size()).isEqualTo(model.size());
        assertThat(rows.get(key)).isEqualTo(model.get(key));
        int probe = random.nextInt(keys + 2) - 1;
        assertThat(rows.atOrAfter(probe)).isEqualTo(value(model.ceilingEntry(probe)));
        assertThat(rows.before(probe)).isEqualTo(value(model.lowerEntry(probe)));
        if (random.nextInt(300) == 0) {
          check(rows, model, probe);
          assertThat(kept.values()).containsExactlyElementsOf(keptModel);
          kept = rows;
          keptModel = List.copyOf(model.values());
        }
      }
      check(rows, model, 0);
      assertThat(kept.values()).containsExactlyElementsOf(keptModel);
      assertThat(EMPTY.withAll(model.values())).isEqualTo(rows);
    }
  }

  private static Row value(Map.Entry<Integer, Row> entry) {
    return entry == null ? null : entry.getValue();
  }

  private static void check(Rows<Integer, Row> rows, NavigableMap<Integer, Row> model, int probe) {
    assertThat(rows.values()).containsExactlyElementsOf(model.values());
    List<Row> tail = new ArrayList<>();
    for (Iterator<Row> next = rows.iterator(probe); next.hasNext(); ) {
      tail.add(next.next());
    }
    assertThat(tail).containsExactlyElementsOf(model.tailMap(probe, true).values());
  }
}
