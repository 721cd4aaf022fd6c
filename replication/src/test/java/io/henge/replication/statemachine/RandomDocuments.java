package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/** Documents of all shapes, filters that fit some of them, and indexes. */
final class RandomDocuments {
  private static final String[] NUMBERS = {
    "0", "1", "2.50", "2.5", "-3", "7", "1e3", "99999999999999999999.5", "-0.001"
  };
  private static final String[] VALUES = {
    "null", "true", "false", "\"a\"", "\"ab\"", "\"b\"", "\"\"", "[1]", "{\"x\":1}"
  };
  private static final String[] PATHS = {"n", "m", "text", "inner.x", "flag"};
  private static final String[] INDEXED = {
    "n", "m", "text", "inner.x", "flag", "list[]", "list", "items[].p"
  };

  private final Random random;
  private long changedIn = 10;

  RandomDocuments(Random random) {
    this.random = random;
  }

  /** Other indexes than before. */
  void declare(TestShard shard, long timeMillis) {
    List<IndexInfo> indexes = new ArrayList<>();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      List<IndexInfo.Field> fields = new ArrayList<>();
      for (int k = 1 + random.nextInt(3); k > 0; k--) {
        fields.add(
            new IndexInfo.Field(INDEXED[random.nextInt(INDEXED.length)], random.nextBoolean()));
      }
      int id = (int) (100 * changedIn) + i;
      indexes.add(0, new IndexInfo(id, "by" + id, fields));
    }
    indexes.sort(Comparator.comparing(IndexInfo::id));
    CollectionInfo info =
        new CollectionInfo(
            TestShard.DOCUMENTS.id(),
            TestShard.DOCUMENTS.name(),
            0,
            false,
            false,
            ++changedIn,
            new CollectionInfo.Documents(
                List.of("s"), List.of("i"), "t", indexes, List.of(), null));
    shard.applyNew(
        new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, timeMillis), List.of(info)), true);
  }

  String json(String family, String id) {
    StringBuilder json = new StringBuilder("{\"s\":\"" + family + "\",\"i\":\"" + id + "\"");
    for (String name : new String[] {"n", "m", "text", "flag"}) {
      if (random.nextInt(5) > 0) {
        json.append(",\"").append(name).append("\":").append(value());
      }
    }
    if (random.nextInt(3) > 0) {
      json.append(",\"inner\":{\"x\":").append(value()).append('}');
    }
    if (random.nextInt(3) > 0) {
      json.append(",\"list\":").append(random.nextInt(9) == 0 ? value() : elements(false));
    }
    if (random.nextInt(3) > 0) {
      json.append(",\"items\":").append(elements(true));
    }
    return json.append('}').toString();
  }

  private String elements(boolean objects) {
    List<String> elements = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      elements.add(objects ? "{\"p\":" + value() + "}" : value());
    }
    return "[" + String.join(",", elements) + "]";
  }

  private String value() {
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> NUMBERS[random.nextInt(NUMBERS.length)];
      case 3 -> Integer.toString(random.nextInt(30));
      // Cut in an index.
      case 4 -> "\"" + "x".repeat(255 + random.nextInt(3)) + random.nextInt(3) + "\"";
      default -> VALUES[random.nextInt(VALUES.length)];
    };
  }

  String filter() {
    List<String> terms = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      terms.add(term());
    }
    return String.join(random.nextInt(5) == 0 ? " or " : " and ", terms);
  }

  private String term() {
    String path = PATHS[random.nextInt(PATHS.length)];
    String[] operators = {"=", "=", "!=", "<", "<=", ">", ">="};
    String operator = operators[random.nextInt(operators.length)];
    return switch (random.nextInt(12)) {
      case 0 -> "list[] " + operator + " " + value();
      case 1 -> "items[].p " + operator + " " + value();
      case 2 -> "list contains " + value();
      case 3 -> path + " in (" + value() + ", " + value() + ", " + value() + ")";
      case 4 -> path + " prefix \"" + (random.nextBoolean() ? "a" : "x".repeat(257)) + "\"";
      case 5 -> "list[] > 0 and list[] < " + NUMBERS[random.nextInt(NUMBERS.length)];
      case 6 -> "not (" + path + " " + operator + " " + value() + ")";
      case 7 -> path + " >= " + value() + " and " + path + " < " + value();
      case 8 -> "exists(" + path + ")";
      default -> path + " " + operator + " " + value();
    };
  }

  String path() {
    return PATHS[random.nextInt(PATHS.length)];
  }
}
