package io.henge.cli.transfer;

import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.io.IOException;
import java.io.Writer;

/** JSON Lines: one object a line, numbers and the order of members as they are. */
final class JsonLineWriter implements DocumentWriter {
  private final Writer out;

  JsonLineWriter(Writer out) {
    this.out = out;
  }

  @Override
  public void write(JsonObject document) throws IOException {
    out.write(Json.print(document));
    out.write('\n');
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
