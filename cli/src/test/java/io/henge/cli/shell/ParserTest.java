package io.henge.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.testing.Seed;
import io.henge.cli.shell.Statement.Level;
import io.henge.cli.shell.Statement.Target;
import io.henge.client.CollectionOptions;
import io.henge.client.Consistency;
import io.henge.client.Copy;
import io.henge.client.FindOptions;
import io.henge.client.Index;
import io.henge.client.Returning;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ParserTest {
  private static final Target ANN = new Target("carts", Key.of("ann"), Key.EMPTY);
  private static final Target PEAR = new Target("carts", Key.of("ann"), Key.of("pear"));

  static Stream<Arguments> statements() {
    return Stream.of(
        of("put carts ann 2", put(ANN, Value.of(2))),
        of("put carts ann pear 2", put(PEAR, Value.of(2))),
        of("put carts ann pear -2", put(PEAR, Value.of(-2))),
        of("put carts ann pear \"2\"", put(PEAR, Value.of("2"))),
        of("put carts ann pear 2.50", put(PEAR, Value.of("2.50"))),
        of("put carts ann pear true", put(PEAR, Value.of("true"))),
        of("put carts ann pear 0x00ff", put(PEAR, Value.of(new byte[] {0, (byte) 0xFF}))),
        of("put carts ann pear 0x", put(PEAR, Value.of(new byte[0]))),
        of("put carts ann pear \"\"", put(PEAR, Value.of(""))),
        of("put carts ann pear 007", put(PEAR, Value.of("007"))),
        of("put carts ann pear \"a \\\"b\\\" \\u00e9\\n\"", put(PEAR, Value.of("a \"b\" é\n"))),
        of("put carts ann pear {\"a\": [1, \"}\"]}", put(PEAR, Value.of("{\"a\": [1, \"}\"]}"))),
        of("put carts ann pear [1,2]", put(PEAR, Value.of("[1,2]"))),
        of(
            "put carts (\"eu\", 42) (1.5,true , 0x01) x",
            put(
                new Target("carts", Key.of("eu", 42), Key.of(1.5, true, new byte[] {1})),
                Value.of("x"))),
        of(
            "put carts \"ttl\" x",
            put(new Target("carts", Key.of("ttl"), Key.EMPTY), Value.of("x"))),
        of(
            "put carts ann x ttl 10s",
            new Statement.Put(ANN, Value.of("x"), 10_000, Condition.none())),
        of(
            "put carts ann x ttl never if absent",
            new Statement.Put(ANN, Value.of("x"), Action.TTL_NEVER, Condition.absent())),
        of(
            "put carts ann x if version 77 ttl 500ms",
            new Statement.Put(ANN, Value.of("x"), 500, new Condition.VersionIs(77))),
        of("get carts ann", get(ANN, Level.LINEARIZABLE)),
        of("get \"carts\" ann pear", get(PEAR, Level.LINEARIZABLE)),
        of("get carts 7", get(new Target("carts", Key.of(7), Key.EMPTY), Level.LINEARIZABLE)),
        of("get carts 7.0", get(new Target("carts", Key.of(7.0), Key.EMPTY), Level.LINEARIZABLE)),
        of(
            "get carts ann ()",
            get(new Target("carts", Key.of("ann"), Key.EMPTY), Level.LINEARIZABLE)),
        of("get carts ann at eventual", get(ANN, new Level(Consistency.EVENTUAL, Duration.ZERO))),
        of(
            "get carts ann pear at bounded 5s",
            get(PEAR, new Level(Consistency.BOUNDED, Duration.ofSeconds(5)))),
        of("get carts ann at session", get(ANN, new Level(Consistency.SESSION, Duration.ZERO))),
        of("del carts ann pear", new Statement.Delete(PEAR, Condition.none(), false)),
        of(
            "del carts ann if version 9",
            new Statement.Delete(ANN, new Condition.VersionIs(9), false)),
        of("scan carts ann", scan(null, null, false, 100)),
        of("scan carts ann from a to q limit 10", scan(Key.of("a"), Key.of("q"), false, 10)),
        of("scan carts ann reverse from (\"a\", 1)", scan(Key.of("a", 1), null, true, 100)),
        of(
            "cas carts ann pear open paid",
            new Statement.CompareAndSet(PEAR, Value.of("open"), Value.of("paid"))),
        of("cas carts ann 1 2", new Statement.CompareAndSet(ANN, Value.of(1), Value.of(2))),
        of("incr carts ann", new Statement.Increment(ANN, 1)),
        of("incr carts ann pear by -3", new Statement.Increment(PEAR, -3)),
        of("ttl carts ann 30m", new Statement.Expire(ANN, 1_800_000)),
        of("ttl carts ann pear never", new Statement.Expire(PEAR, Action.TTL_NEVER)),
        of("ttl carts ann pear default", new Statement.Expire(PEAR, Action.TTL_DEFAULT)),
        of(
            "create collection carts",
            new Statement.CreateCollection("carts", CollectionOptions.defaults())),
        of(
            "create collection carts ttl 7d divisible if absent",
            new Statement.CreateCollection(
                "carts", new CollectionOptions(Duration.ofDays(7), true, true))),
        of(
            "create collection o documents shard by a.b, c id d expiring at e if absent",
            new Statement.CreateCollection(
                "o",
                CollectionOptions.documentsShardedBy("a.b", "c")
                    .withId("d")
                    .expiringAt("e")
                    .onlyIfAbsent())),
        of(
            "insert carts {\"a\": 1} returning new",
            new Statement.PutDocument(
                Verb.INSERT,
                "carts",
                "{\"a\": 1}",
                Condition.none(),
                Action.TTL_DEFAULT,
                Returning.CURRENT)),
        of(
            "upsert carts {} returning old ttl 2s if version 3",
            new Statement.PutDocument(
                Verb.UPSERT, "carts", "{}", new Condition.VersionIs(3), 2_000, Returning.PREVIOUS)),
        of(
            "replace carts {} if version 3",
            new Statement.PutDocument(
                Verb.REPLACE,
                "carts",
                "{}",
                new Condition.VersionIs(3),
                Action.TTL_DEFAULT,
                Returning.NOTHING)),
        of(
            "patch carts ann pear {\"set\": {}} returning old",
            new Statement.PatchDocument(
                PEAR, "{\"set\": {}}", "", Condition.none(), Returning.PREVIOUS)),
        of(
            "patch carts ann [{}, {}] or insert {\"a\": 1}",
            new Statement.PatchDocument(
                ANN, "[{}, {}]", "{\"a\": 1}", Condition.none(), Returning.NOTHING)),
        of(
            "patch carts ann {}",
            new Statement.PatchDocument(ANN, "{}", "", Condition.none(), Returning.NOTHING)),
        of(
            "batch put carts ann pear x and\n del carts ann returning old and incr carts ann by 2",
            new Statement.WriteBatch(
                List.of(
                    put(PEAR, Value.of("x")),
                    new Statement.Delete(ANN, Condition.none(), true),
                    new Statement.Increment(ANN, 2)))),
        of(
            "find carts ann where \"a > 1\" fields b, c sort d, e desc limit 7 as pretty at eventual",
            new Statement.Find(
                "carts",
                Key.of("ann"),
                FindOptions.ALL
                    .where("a > 1")
                    .fields("b", "c")
                    .ascending("d")
                    .descending("e")
                    .limit(7),
                Statement.Layout.PRETTY,
                new Level(Consistency.EVENTUAL, Duration.ZERO))),
        of(
            "find carts ann fields a[0].b, c[], d[12] limit 1",
            new Statement.Find(
                "carts",
                Key.of("ann"),
                FindOptions.ALL.fields("a[0].b", "c[]", "d[12]").limit(1),
                Statement.Layout.LINES,
                Level.LINEARIZABLE)),
        of(
            "find carts all shards",
            new Statement.Find(
                "carts",
                null,
                FindOptions.ALL.limit(100),
                Statement.Layout.LINES,
                Level.LINEARIZABLE)),
        of(
            "totals carts ann of a.b where \"c = 1\"",
            new Statement.Figures(
                "carts", Key.of("ann"), "a.b", FindOptions.ALL.where("c = 1"), Level.LINEARIZABLE)),
        of("get carts ann pear with copies", get(PEAR, Level.LINEARIZABLE.withCopies())),
        of(
            "get carts ann pear at eventual with copies",
            get(PEAR, new Level(Consistency.EVENTUAL, Duration.ZERO, true))),
        of(
            "family 7 with copies",
            new Statement.Family(Key.of(7), 10_000, null, Level.LINEARIZABLE.withCopies())),
        of(
            "family (\"eu\", 42) limit 5",
            new Statement.Family(Key.of("eu", 42), 5, null, Level.LINEARIZABLE)),
        of(
            "create collection o documents shard by a id b index x (c desc, d[].e) index y (\"in\")",
            new Statement.CreateCollection(
                "o",
                CollectionOptions.documentsShardedBy("a")
                    .withId("b")
                    .withIndex(Index.named("x").descending("c").ascending("d[].e"))
                    .withIndex(Index.named("y").ascending("in")))),
        of(
            "create index by_total on orders (total desc,\n created_at)",
            new Statement.CreateIndex(
                "orders",
                Index.named("by_total").descending("total").ascending("created_at"),
                false)),
        of("drop index by_total on orders", new Statement.DropIndex("orders", "by_total")),
        of(
            "copy orders(order_id,\n total as sum) into users.recent last 20 by created_at  # so",
            new Statement.CreateCopy(
                Copy.from("orders")
                    .fields("order_id")
                    .field("total", "sum")
                    .into("users", "recent")
                    .last(20, "created_at"),
                false,
                false)),
        of(
            "copy users.spent = sum(orders.total) wait;",
            new Statement.CreateCopy(
                Copy.sum("orders", "total").into("users", "spent"), false, true)),
        of(
            "copy users.n = count(orders) replace wait",
            new Statement.CreateCopy(Copy.count("orders").into("users", "n"), true, true)),
        of(
            "copy products(name, \"a;\\\"(\" as \"b\") into orders.items[] on product_id follow within 5s",
            new Statement.CreateCopy(
                Copy.from("products")
                    .fields("name")
                    .field("\"a;\\\"(\"", "b")
                    .into("orders", "items[]")
                    .on("product_id")
                    .followWithin(Duration.ofSeconds(5)),
                false,
                false)),
        of("drop copy 17 keep", new Statement.DropCopy("17", true)),
        of("drop copy orders.items[].name", new Statement.DropCopy("orders.items[].name", false)),
        of("copies", new Statement.ListDerived(Verb.COPIES, "")),
        of("copies status", new Statement.CopiesStatus("")),
        of("copies status orders", new Statement.CopiesStatus("orders")),
        of("copies orders", new Statement.ListDerived(Verb.COPIES, "orders")),
        of("indexes orders", new Statement.ListDerived(Verb.INDEXES, "orders")),
        of(
            "changes on orders for 24h",
            new Statement.KeepChanges("orders", Duration.ofHours(24), false)),
        of(
            "changes on orders for 24h before",
            new Statement.KeepChanges("orders", Duration.ofHours(24), true)),
        of("drop changes on orders", new Statement.DropChanges("orders")),
        of("drop collection carts", new Statement.DropCollection("carts")),
        of(
            "explain get carts ann pear",
            new Statement.Explain(new Statement.Get(PEAR, Level.LINEARIZABLE))),
        of("help", new Statement.Help(Optional.empty())),
        of("help put", new Statement.Help(Optional.of(Verb.PUT))),
        of("ring", new Statement.Plain(Verb.RING)),
        of("quit", new Statement.Plain(Verb.EXIT)));
  }

  private static Arguments of(String text, Statement statement) {
    return Arguments.of(text, statement);
  }

  private static Statement put(Target target, Value value) {
    return new Statement.Put(target, value, Action.TTL_DEFAULT, Condition.none());
  }

  private static Statement get(Target target, Level level) {
    return new Statement.Get(target, level);
  }

  private static Statement scan(
      @org.jspecify.annotations.Nullable Key from,
      @org.jspecify.annotations.Nullable Key to,
      boolean reverse,
      int limit) {
    return new Statement.Scan("carts", Key.of("ann"), from, to, reverse, limit, Level.LINEARIZABLE);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("statements")
  void shouldUnderstand(String text, Statement expected) {
    assertThat(Parser.parse(text)).containsExactly(expected);
  }

  @Test
  void shouldTakeClausesInAnyOrderAndFiltersInParentheses() {
    String text =
        "find carts ann limit 7 sort d where (a in (1, 2) and\n b = \")\") with copies after YQ at eventual";
    assertThat(Parser.parse(text))
        .singleElement()
        .isInstanceOfSatisfying(
            Statement.Find.class,
            found -> {
              FindOptions find = found.find();
              assertThat(find.cursor()).containsExactly('a');
              assertThat(find.after(null))
                  .isEqualTo(
                      FindOptions.ALL.where("a in (1, 2) and b = \")\"").ascending("d").limit(7));
              assertThat(found.level())
                  .isEqualTo(new Level(Consistency.EVENTUAL, Duration.ZERO, true));
            });
  }

  @Test
  void shouldAppendTheBytesThatWereWritten() {
    for (String value : List.of("12", "\"12\"", "0x3132")) {
      assertThat(Parser.parse("append carts ann " + value))
          .singleElement()
          .isInstanceOfSatisfying(
              Statement.Append.class, a -> assertThat(a.bytes()).containsExactly('1', '2'));
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      textBlock =
          """
          gte carts ann          | unknown verb gte: did you mean get?
          GET carts ann          | did you mean get?
          exlpain get carts ann  | did you mean explain?
          find orders 42 wher "a = 1" | with, each once, or the end of the statement; did you mean where? example: find
          create collection x documents sharded by user_id | did you mean shard? example: create collection orders documents
          create collection x document shard by user_id | did you mean documents? example: create collection orders documents
          explain orders 42      | example: explain find orders
          frobnicate             | expected one of put, get
          import orders          | import is a command of its own, outside of the shell; example: henge import orders
          42                     | found the whole number 42, expected a verb
          copy                   | copy: found the end of the statement, expected what is copied where
          copy orders            | line 1: copy, character 12: expected ( and the fields to copy
          create index x orders  | create: found the word orders, expected the word on
          create index x on o a  | create: found the word a, expected ( and the paths that are indexed
          create index x on o (a | found the end of the input, expected ) to close the key
          create index x orders  | example: create index by_total on orders (
          explain find orders    | example: explain find orders 42 where
          explain get            | example: explain get carts ann pear
          insert o {"a": 1,, "b": 2} | at line 1, column 1
          changes on orders for ever | expected a duration above zero (500ms, 10s, 5m, 2h or 7d)
          drop orders            | expected the word collection, index, copy or changes
          get                    | get: found the end of the statement, expected the name of a collection
          get 42 ann             | get: found the whole number 42, expected the name of a collection
          get carts              | expected a sharding key
          get carts ann pear fig | found the word fig, expected the end of the statement
          get carts {"a":1}      | found the JSON value {"a":1}, expected a key
          get carts (ann         | expected ) to close the key
          get carts (ann pear)   | expected a comma or )
          get carts (ann,)       | expected another part of the key after the comma
          get carts ann at noon  | found the word noon, expected linearizable, session, bounded DURATION or eventual
          get carts ann at bounded | expected a duration above zero
          get carts ann at bounded 0s | expected a duration above zero
          put carts ann          | put: found the end of the statement, expected a value
          put carts ann ttl 10s  | found the word ttl, expected a value (to use the word ttl as one, quote it)
          put carts ann x ttl 10 | found the whole number 10, expected a duration above zero (500ms, 10s, 5m, 2h or 7d, or never)
          put carts ann x if     | expected absent, present or version N
          put carts ann x if version a | found the word a, expected the version as a whole number
          put carts ann (1, 2)   | expected a value
          put carts ann 'a pear' | found a single quote, expected a text in double quotes
          put carts ann "a pear  | found the end of the line, expected " to close the text
          put carts ann "a\\q"   | expected a text quoted as in JSON
          put carts ann "a"b     | found b right after "a", expected a blank
          put carts ann {a: 1}   | expected a JSON value
          put carts ann 0xabc    | expected pairs of hexadecimal digits after 0x
          put carts ann 9223372036854775808 | expected one of 64 bits; quote it to use it as text
          put carts ann 1e999    | expected one of at most 1.8e308
          incr carts ann by much | found the word much, expected a whole number
          scan carts ann limit 0 | found the whole number 0, expected a whole number from 1 to 10000
          scan carts ann from    | expected a sort key
          scan carts ann backward | found the word backward, expected the end of the statement
          ttl carts ann          | expected a duration
          ttl carts ann pear     | found the word pear, expected a duration above zero
          create table carts     | found the word table, expected the word collection
          create collection carts forever | expected documents, index, ttl, divisible
          create collection o documents by a | expected the word shard
          create collection o documents shard by | expected a path such as user_id
          insert carts ann       | found the word ann, expected a document: {...}
          insert carts [1]       | found the JSON value [1], expected a document: {...}
          insert carts {} returning old | found the word old, expected new
          insert carts {} if version 3 | found the word if, expected the end of the statement
          patch carts {}         | patch: found the JSON value {}, expected a key
          patch carts ann pear   | expected a patch: {"set": {...}
          patch carts ann {} where total | expected a filter in parentheses or in quotes
          patch carts ann {} where (a matches "x") | line 1: patch: filter: patterns (matches) cannot be part of a write
          patch carts ann {} where (a = 1 | expected ) to close the filter
          patch carts ann {} where (a = 1) and b | found the word and, expected the end of the statement
          patch carts ann {} or upsert {} | found the word upsert, expected the word insert
          patch carts ann {} where (a = 1) if present | found the word if, expected one condition only
          del carts ann returning new | found the word new, expected old
          batch get carts ann    | found the word get, expected a write such as insert, patch or del
          batch del carts ann and | found the end of the input, expected a write
          batch del carts ann pear or | found the word or, expected the end of the statement
          find carts ann sort a..b | line 1: find: path "a..b"
          find carts ann limit 1 limit 2 | found the word limit, expected after, as, at, fields, sort, where, with, each once
          find carts all shards after YQ | over all shards there is none here
          find carts ann after %%% | found no cursor
          patch carts ann {} where "total >" | line 1, column 26: filter
          find carts             | expected a sharding key, or the words all shards
          find carts all         | expected the word shards
          find carts ann limit 0 | expected a whole number from 1 to 10000
          find carts ann fields a, | expected a path such as user_id
          drop carts             | found the word carts, expected the word collection
          explain put carts ann x | found the word put, expected the word get
          help put get           | found the word get, expected the end of the statement
          help me                | unknown verb me
          ring please            | found the word please, expected the end of the statement
          get carts ann; get     | line 1, column 19: get: found the end
          """)
  void shouldRefuse(String text, String message) {
    SyntaxException refusal =
        catchThrowableOfType(SyntaxException.class, () -> Parser.parse(text.replace("\\\\", "\\")));
    assertThat(refusal).hasMessageContaining(message);
    assertThat(refusal.getMessage()).doesNotContain("\n");
  }

  @Test
  void shouldGiveAnExampleWithEveryRefusal() {
    for (String text : List.of("gte x", "get", "put carts ann 'x'", "put carts ann \"x", "xyzzy")) {
      assertThatThrownBy(() -> Parser.parse(text)).hasMessageContaining("example: ");
    }
  }

  @Test
  void shouldTellIncompleteFromWrong() {
    assertThat(refusal("put carts (ann").incomplete()).isTrue();
    assertThat(refusal("put carts ann {\"a\": [1,").incomplete()).isTrue();
    assertThat(refusal("put carts ann {\"a\": ]}").incomplete()).isFalse();
    assertThat(refusal("put carts ann \"open").incomplete()).isFalse();
    assertThat(refusal("batch put carts ann x and\n").incomplete()).isTrue();
    assertThat(refusal("batch\n").incomplete()).isTrue();
    assertThat(refusal("find carts ann where (a =\n").incomplete()).isTrue();
    assertThat(refusal("batch put carts ann x and;").incomplete()).isFalse();
  }

  private static SyntaxException refusal(String text) {
    return catchThrowableOfType(SyntaxException.class, () -> Parser.parse(text));
  }

  @Test
  void shouldPartStatementsByLinesAndSemicolons() {
    String text =
        """
        # a comment
        put carts ann "a;b # c" ; get carts ann # the same item

        put carts (ann,
          2) {
          "a": 1
        }
        get carts
        """;
    assertThatThrownBy(() -> Parser.parse(text)).hasMessageStartingWith("line 8, column 10: get");
    assertThat(Parser.parse(text.replace("get carts\n", "get carts ann\n"))).hasSize(4);
  }

  @ParameterizedTest
  @EnumSource(Verb.class)
  void shouldUnderstandItsOwnExamples(Verb verb) {
    assertThat(verb.examples()).isNotEmpty();
    for (String example : verb.examples()) {
      assertThat(Parser.parse(example)).singleElement().extracting(Statement::verb).isEqualTo(verb);
    }
  }

  @Test
  void shouldReadBackWhatItShows() {
    Random random = Seed.random("ParserTest");
    for (int i = 0; i < 2_000; i++) {
      Key shardingKey = randomKey(random, 1);
      Key sortKey = randomKey(random, 0);
      Value value = randomValue(random);
      String text =
          "put c "
              + Literals.show(shardingKey)
              + " "
              + Literals.show(sortKey)
              + " "
              + Literals.show(value);
      assertThat(Parser.parse(text))
          .as(text)
          .containsExactly(put(new Target("c", shardingKey, sortKey), value));
    }
  }

  @Test
  void shouldRefuseAnyNonsenseWithASyntaxException() {
    Random random = Seed.random("ParserTest.nonsense");
    String alphabet = "put get(),;{}[]\"\\'#0x 1.5e-9\n\té\u0000:ifat";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "put carts " : "");
      int length = random.nextInt(30);
      for (int j = 0; j < length; j++) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        Parser.parse(text.toString());
      } catch (SyntaxException e) {
        assertThat(e.getMessage()).as(text.toString()).doesNotContain("\n");
      }
    }
  }

  private static Key randomKey(Random random, int least) {
    Object[] parts = new Object[least + random.nextInt(3)];
    for (int i = 0; i < parts.length; i++) {
      parts[i] =
          switch (random.nextInt(5)) {
            case 0 -> random.nextLong() >> random.nextInt(64);
            case 1 -> random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20);
            case 2 -> random.nextBoolean();
            case 3 -> randomBytes(random);
            default -> randomText(random);
          };
    }
    return Key.of(parts);
  }

  private static Value randomValue(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> Value.of(random.nextLong());
      case 1 -> Value.of(randomBytes(random));
      case 2 -> Value.of("{\"a\": [" + random.nextInt() + ", \"x\"]}");
      default -> Value.of(randomText(random));
    };
  }

  private static byte[] randomBytes(Random random) {
    byte[] bytes = new byte[random.nextInt(6)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static String randomText(Random random) {
    String alphabet = "ab{}[]\"\\\n\t ;#(),'0x1é\u0000";
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(8);
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
