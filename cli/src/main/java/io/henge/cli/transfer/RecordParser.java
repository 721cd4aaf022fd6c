package io.henge.cli.transfer;

import io.henge.document.value.JsonObject;

/** Makes documents of records. */
interface RecordParser {
  /**
   * The document of a record.
   *
   * @param record in UTF-8
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if it is none
   */
  JsonObject parse(byte[] record);
}
