package io.henge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.bench.workload.StandardWorkload;
import io.henge.server.Henge;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.Vector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import site.ycsb.ByteArrayByteIterator;
import site.ycsb.ByteIterator;
import site.ycsb.Status;

class HengeYcsbClientTest {
  private static Henge henge;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().shards(3).start();
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  @Test
  @SuppressWarnings("JdkObsolete") // the Vector is that of YCSB
  void shouldScanOverPrefixesLikeATreeMap() throws Exception {
    Random random = Seed.random("HengeYcsbClientTest");
    HengeYcsbClient binding = binding(new Properties());
    TreeMap<String, byte[]> model = new TreeMap<>();
    for (int i = 0; i < 2_000; i++) {
      String key = "user" + (random.nextLong() >>> (1 + random.nextInt(60)));
      byte[] value = ("value " + i).getBytes(StandardCharsets.UTF_8);
      assertThat(binding.insert("scans", key, fields(value)).isOk()).isTrue();
      model.put(key, value);
    }
    List<String> keys = new ArrayList<>(model.keySet());
    for (int i = 0; i < 200; i++) {
      String start = keys.get(random.nextInt(keys.size()));
      int count = 1 + random.nextInt(300);
      Vector<HashMap<String, ByteIterator>> rows = new Vector<>();
      assertThat(binding.scan("scans", start, count, null, rows).isOk()).isTrue();
      List<String> found =
          rows.stream()
              .map(row -> new String(field(row, "field0").toArray(), StandardCharsets.UTF_8))
              .toList();
      List<String> expected =
          model.tailMap(start).values().stream()
              .limit(count)
              .map(value -> new String(value, StandardCharsets.UTF_8))
              .toList();
      assertThat(found).isEqualTo(expected);
    }
    binding.cleanup();
  }

  @Test
  void shouldMergeSomeFieldsOfARecordWithSeveral() throws Exception {
    Properties several = new Properties();
    several.setProperty("fieldcount", "2");
    HengeYcsbClient binding = binding(several);
    Map<String, ByteIterator> both = fields("old".getBytes(StandardCharsets.UTF_8));
    both.put("field1", new ByteArrayByteIterator("kept".getBytes(StandardCharsets.UTF_8)));
    binding.insert("merges", "user1", both);
    assertThat(binding.update("merges", "user1", fields("new".getBytes(StandardCharsets.UTF_8))))
        .isEqualTo(Status.OK);
    Map<String, ByteIterator> read = new HashMap<>();
    assertThat(binding.read("merges", "user1", null, read)).isEqualTo(Status.OK);
    assertThat(field(read, "field0").toString()).isEqualTo("new");
    assertThat(field(read, "field1").toString()).isEqualTo("kept");
    assertThat(binding.delete("merges", "user1")).isEqualTo(Status.OK);
    assertThat(binding.read("merges", "user1", null, read)).isEqualTo(Status.NOT_FOUND);
    binding.cleanup();
  }

  @Test
  void shouldRunEveryWorkloadWithoutErrors() {
    YcsbReport report =
        YcsbRun.run(
            new YcsbOptions(
                List.of(StandardWorkload.values()),
                500,
                true,
                100,
                4,
                0,
                1,
                henge.nodes().get(0).clientAddress(),
                "linearizable"),
            line -> {});
    assertThat(report.phases()).hasSize(1 + StandardWorkload.values().length);
    assertThat(report.phases())
        .allSatisfy(
            phase -> {
              assertThat(phase.errors()).as(phase.name()).isZero();
              assertThat(phase.operations()).as(phase.name()).isPositive();
              assertThat(phase.serverCpuMicrosPerOperation()).as(phase.name()).isPositive();
            });
  }

  private static HengeYcsbClient binding(Properties properties) throws Exception {
    properties.setProperty("henge.connect", henge.nodes().get(0).clientAddress());
    properties.putIfAbsent("fieldcount", "1");
    HengeYcsbClient binding = new HengeYcsbClient();
    binding.setProperties(properties);
    binding.init();
    return binding;
  }

  private static ByteIterator field(Map<String, ByteIterator> row, String name) {
    return Objects.requireNonNull(row.get(name), name);
  }

  private static Map<String, ByteIterator> fields(byte[] value) {
    Map<String, ByteIterator> fields = new HashMap<>();
    fields.put("field0", new ByteArrayByteIterator(value));
    return fields;
  }
}
