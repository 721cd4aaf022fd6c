package io.henge.cli.shell;

import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which fields the documents have that were shown or written in this session, for completion. Keeps
 * a bounded number of names, and no values. Thread-safe: lock {@code this}.
 */
final class FieldsSeen {
  private static final int COLLECTIONS_MAX = 64;
  private static final int FIELDS_MAX = 300;
  private static final int DEPTH_MAX = 4;

  /** Of a long array, so many elements are looked at. */
  private static final int ELEMENTS_MAX = 8;

  // Guarded by this. The collection that was used longest ago goes first.
  private final Map<String, Set<String>> byCollection =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Set<String>> eldest) {
          return size() > COLLECTIONS_MAX;
        }
      };

  synchronized void note(String collection, JsonObject document) {
    Set<String> fields = byCollection.computeIfAbsent(collection, name -> new TreeSet<>());
    if (fields.size() < FIELDS_MAX) {
      add(document, new ArrayList<>(), fields);
    }
  }

  private static void add(JsonObject object, List<PathStep> at, Set<String> fields) {
    object.forEach(
        (name, value) -> {
          at.add(new PathStep.Member(name));
          if (fields.size() < FIELDS_MAX) {
            fields.add(Path.of(at).toString());
            below(value, at, fields);
          }
          at.remove(at.size() - 1);
        });
  }

  private static void below(JsonValue value, List<PathStep> at, Set<String> fields) {
    if (at.size() >= DEPTH_MAX) {
      return;
    }
    if (value instanceof JsonObject object) {
      add(object, at, fields);
    } else if (value instanceof JsonArray array) {
      at.add(new PathStep.AnyElement());
      for (int i = 0; i < Math.min(ELEMENTS_MAX, array.size()); i++) {
        if (array.get(i) instanceof JsonObject element) {
          add(element, at, fields);
        }
      }
      at.remove(at.size() - 1);
    }
  }

  /** Paths of the fields of a collection's documents, sorted. */
  synchronized List<String> of(String collection) {
    return List.copyOf(byCollection.getOrDefault(collection, Set.of()));
  }
}
