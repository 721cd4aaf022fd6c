package io.henge.cli.transfer;

import io.henge.document.value.JsonObject;
import java.io.Closeable;
import java.io.IOException;

/** Writes documents to a file. */
interface DocumentWriter extends Closeable {
  void write(JsonObject document) throws IOException;
}
