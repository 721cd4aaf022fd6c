package io.henge.bench.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FieldCodecTest {
  @Test
  void shouldGiveBackWhatWasEncoded() {
    Map<String, byte[]> fields = new LinkedHashMap<>();
    fields.put("field0", new byte[] {1, 2, 3});
    fields.put("field1", new byte[0]);
    fields.put("größe", new byte[1_000]);
    Map<String, byte[]> decoded = FieldCodec.decode(FieldCodec.encode(fields));
    assertThat(decoded.keySet()).containsExactlyElementsOf(fields.keySet());
    decoded.forEach((name, value) -> assertThat(value).isEqualTo(fields.get(name)));
  }
}
