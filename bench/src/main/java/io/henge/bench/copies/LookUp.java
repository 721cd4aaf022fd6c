package io.henge.bench.copies;

import java.util.Map;

/**
 * What a reader without copies does for each document: read another one and take fields of it.
 *
 * @param collection the source, with one document a sharding key
 * @param on member of the document that is the source's sharding key
 * @param fields members of the source, by the member of the document that the copy is
 */
public record LookUp(String collection, String on, Map<String, String> fields) {
  public LookUp {
    fields = Map.copyOf(fields);
  }
}
