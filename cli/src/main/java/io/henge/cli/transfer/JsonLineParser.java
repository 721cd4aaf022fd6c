package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonSyntaxException;

/** JSON Lines: one object a line. */
final class JsonLineParser implements RecordParser {
  @Override
  public JsonObject parse(byte[] record) {
    try {
      return Json.parseObject(record);
    } catch (JsonSyntaxException e) {
      // A line of its own: which one it is, the reject says.
      throw HengeException.invalid(
          String.valueOf(e.getMessage()).replaceFirst("at line 1, column", "at column")
              + (record[0] == '[' || record.length == 1
                  ? "; one whole object on each line expected"
                  : ""));
    }
  }
}
