package io.henge.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.testing.Seed;
import io.henge.cli.transfer.RawRecord.Position;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RecordSplitterTest {
  private static final RecordSplitter.Quoting PLAIN = new RecordSplitter.Quoting(',', '"', '\0');
  private static final RecordSplitter.Quoting ESCAPED = new RecordSplitter.Quoting(',', '"', '\\');

  private static RecordSplitter splitter(
      String text, RecordSplitter.@Nullable Quoting quoting, int max) throws IOException {
    return new RecordSplitter(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), quoting, max);
  }

  private static List<RawRecord> all(RecordSplitter splitter) throws IOException {
    List<RawRecord> records = new ArrayList<>();
    for (RawRecord next = splitter.next(); next != null; next = splitter.next()) {
      records.add(next);
    }
    return records;
  }

  private static List<String> texts(List<RawRecord> records) {
    return records.stream()
        .map(record -> record.line() + ":" + new String(record.bytes(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void shouldCutAtLineBreaksOfEitherKindAndPassOverBlankLines() throws IOException {
    assertThat(texts(all(splitter("a\r\n\n\r\nb\nc", null, 10))))
        .containsExactly("1:a", "4:b", "5:c");
    assertThat(all(splitter("", null, 10))).isEmpty();
    assertThat(all(splitter("\n\n", null, 10))).isEmpty();
  }

  @Test
  void shouldPassOverAByteOrderMark() throws IOException {
    assertThat(texts(all(splitter("\uFEFFa\nb", null, 10)))).containsExactly("1:a", "2:b");
    assertThat(all(splitter("\uFEFFa\nb", null, 10)).get(0).end()).isEqualTo(new Position(5, 2));
  }

  @Test
  void shouldKeepQuotedLineBreaksWithinARecord() throws IOException {
    assertThat(texts(all(splitter("a,\"b\nc\"\nd\"x,\"\"\"\n\"\"\",e\nf", PLAIN, 100))))
        .containsExactly("1:a,\"b\nc\"", "3:d\"x,\"\"\"\n\"\"\",e", "5:f");
    assertThat(texts(all(splitter("\"a\\\"\nb\",c\nd", ESCAPED, 100))))
        .containsExactly("1:\"a\\\"\nb\",c", "3:d");
    assertThat(texts(all(splitter("\"a\\\"\nb,c\nd", PLAIN, 100))))
        .as("without escapes the quote is closed")
        .containsExactly("1:\"a\\\"", "2:b,c", "3:d");
  }

  @Test
  void shouldKeepOnlyTheBeginningOfWhatIsTooLong() throws IOException {
    String text = "ab\n" + "x".repeat(300_000) + "\ncd\n" + "y".repeat(11);
    List<RawRecord> records = all(splitter(text, null, 10));
    assertThat(records).extracting(RawRecord::tooLong).containsExactly(false, true, false, true);
    assertThat(records.get(1).bytes()).hasSize(RecordSplitter.BEGINNING_BYTES).containsOnly('x');
    assertThat(records.get(2).line()).isEqualTo(3);
    assertThat(records.get(3).end().offset()).isEqualTo(text.length());
  }

  @Test
  void shouldHoldALineOfAGigabyteInLittleMemory() throws IOException {
    long length = 1L << 30;
    InputStream endless =
        new InputStream() {
          private long left = length;

          @Override
          public int read() {
            return left-- > 0 ? 'x' : -1;
          }

          @Override
          public int read(byte[] into, int from, int count) {
            int given = (int) Math.min(left, count);
            left -= given;
            return given == 0 ? -1 : given;
          }
        };
    RawRecord record = Objects.requireNonNull(new RecordSplitter(endless, null, 1 << 20).next());
    assertThat(record.tooLong()).isTrue();
    assertThat(record.end().offset()).isEqualTo(length);
  }

  @Test
  void shouldGoOnFromEveryPlace() throws IOException {
    Random random = Seed.random(getClass().getSimpleName());
    for (int round = 0; round < 200; round++) {
      StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "\uFEFF" : "");
      for (int i = random.nextInt(60); i > 0; i--) {
        text.append("a,\"\n\\\r\u00e4".charAt(random.nextInt(7)));
      }
      RecordSplitter.Quoting quoting = random.nextBoolean() ? PLAIN : ESCAPED;
      List<RawRecord> whole = all(splitter(text.toString(), quoting, 20));
      for (int i = 0; i < whole.size(); i++) {
        RecordSplitter rest = splitter(text.toString(), quoting, 20);
        if (random.nextBoolean()) {
          rest.next();
        }
        rest.skipTo(whole.get(i).end());
        assertThat(texts(all(rest)))
            .as("%s behind %s", text, whole.get(i).end())
            .isEqualTo(texts(whole.subList(i + 1, whole.size())));
      }
    }
  }

  @Test
  void shouldNotGoOnBehindTheEnd() throws IOException {
    RecordSplitter splitter = splitter("a\nb\n", null, 10);
    assertThatThrownBy(() -> splitter.skipTo(new Position(5, 3))).isInstanceOf(EOFException.class);
  }
}
