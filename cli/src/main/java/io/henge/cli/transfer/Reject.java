package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A record that was not imported.
 *
 * @param line where it begins, from 1
 * @param code what kind of error
 * @param reason what is wrong with it
 * @param record its text, or the beginning of it
 */
record Reject(long line, String code, String reason, byte[] record) {
  /** Of a record, no more is kept. */
  static final int RECORD_BYTES_MAX = 16 << 10;

  static Reject of(RawRecord record, HengeException failure) {
    return new Reject(
        record.line(),
        failure.code().name(),
        String.valueOf(failure.getMessage()),
        record.bytes().length <= RECORD_BYTES_MAX
            ? record.bytes()
            : Arrays.copyOf(record.bytes(), RECORD_BYTES_MAX));
  }

  /** As one line of JSON, with its line break. */
  byte[] jsonLine() {
    JsonObject object =
        JsonObject.builder()
            .put("line", line)
            .put("code", code)
            .put("reason", reason)
            .put("record", new String(record, StandardCharsets.UTF_8))
            .build();
    return (Json.print(object) + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
