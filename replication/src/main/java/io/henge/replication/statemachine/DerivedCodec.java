package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is derived from the documents of a collection, as it stands in its description.
 *
 * <pre>
 *   indexes   count, each: id, name, fields (count, each: path, descending 0 or 1)
 *   rules     count, each: id, kind, source, fields (count, each: path, name), target,
 *             on (count, paths), last, by, bound in milliseconds, when deleted, state
 *   changes   0 = none; 1 + 2 x before, then the retention in milliseconds
 * </pre>
 *
 * Numbers are varints, one byte for kinds and flags.
 */
final class DerivedCodec {
  private static final int CHANGES = 1;
  private static final int CHANGES_BEFORE = 2;

  private DerivedCodec() {}

  static void write(ByteWriter out, CollectionInfo.Documents documents) {
    out.varint(documents.indexes().size());
    for (IndexInfo index : documents.indexes()) {
      writeId(out, index.id());
      out.text(index.name());
      out.varint(index.fields().size());
      for (IndexInfo.Field field : index.fields()) {
        out.text(field.path());
        out.u8(field.descending() ? 1 : 0);
      }
    }
    out.varint(documents.rules().size());
    for (CopyRule rule : documents.rules()) {
      write(out, rule);
    }
    ChangesInfo changes = documents.changes();
    if (changes == null) {
      out.u8(0);
    } else {
      out.u8(CHANGES | (changes.before() ? CHANGES_BEFORE : 0));
      out.varint(changes.retentionMillis());
    }
  }

  private static void write(ByteWriter out, CopyRule rule) {
    writeId(out, rule.id());
    out.u8(rule.kind().code());
    writeId(out, rule.sourceId());
    out.varint(rule.fields().size());
    for (CopyRule.Field field : rule.fields()) {
      out.text(field.path());
      out.text(field.as());
    }
    out.text(rule.target());
    out.varint(rule.on().size());
    for (String path : rule.on()) {
      out.text(path);
    }
    out.varint(rule.last());
    out.text(rule.by());
    out.varint(rule.boundMillis());
    out.u8(rule.whenDeleted().code());
    out.u8(rule.state().code());
  }

  static CollectionInfo.Documents read(ByteReader in, CollectionInfo.Documents keys) {
    List<IndexInfo> indexes = new ArrayList<>();
    int indexCount = in.count(4);
    for (int i = 0; i < indexCount; i++) {
      indexes.add(readIndex(in));
    }
    List<CopyRule> rules = new ArrayList<>();
    int ruleCount = in.count(11);
    for (int i = 0; i < ruleCount; i++) {
      rules.add(readRule(in));
    }
    return new CollectionInfo.Documents(
        keys.shardPaths(), keys.idPaths(), keys.ttlPath(), indexes, rules, readChanges(in));
  }

  private static IndexInfo readIndex(ByteReader in) {
    int id = readId(in);
    String name = in.text();
    List<IndexInfo.Field> fields = new ArrayList<>();
    int count = in.count(2);
    for (int i = 0; i < count; i++) {
      fields.add(new IndexInfo.Field(in.text(), in.flag()));
    }
    if (fields.isEmpty()) {
      throw in.damaged("an index without fields");
    }
    return new IndexInfo(id, name, fields);
  }

  private static CopyRule readRule(ByteReader in) {
    int id = readId(in);
    CopyRule.Kind kind = of(in, CopyRule.Kind.values(), in.u8() - 1);
    int sourceId = readId(in);
    List<CopyRule.Field> fields = new ArrayList<>();
    int fieldCount = in.count(2);
    for (int i = 0; i < fieldCount; i++) {
      fields.add(new CopyRule.Field(in.text(), in.text()));
    }
    String target = in.text();
    List<String> on = new ArrayList<>();
    int onCount = in.count(1);
    for (int i = 0; i < onCount; i++) {
      on.add(in.text());
    }
    return new CopyRule(
        id,
        kind,
        sourceId,
        fields,
        target,
        on,
        in.u31(),
        in.text(),
        in.notNegative(),
        of(in, CopyRule.WhenDeleted.values(), in.u8()),
        of(in, CopyRule.State.values(), in.u8()));
  }

  private static @Nullable ChangesInfo readChanges(ByteReader in) {
    int flags = in.u8();
    if (flags == 0) {
      return null;
    }
    if ((flags & CHANGES) == 0 || (flags & ~(CHANGES | CHANGES_BEFORE)) != 0) {
      throw in.damaged("changes " + flags);
    }
    return new ChangesInfo(in.notNegative(), (flags & CHANGES_BEFORE) != 0);
  }

  private static <T> T of(ByteReader in, T[] values, int at) {
    if (at < 0 || at >= values.length) {
      throw in.damaged("number " + at + " of " + values.length);
    }
    return values[at];
  }

  private static void writeId(ByteWriter out, int id) {
    out.varint(Integer.toUnsignedLong(id));
  }

  static int readId(ByteReader in) {
    long id = in.varint();
    if (id >>> Integer.SIZE != 0) {
      throw in.damaged("id " + id);
    }
    return (int) id;
  }
}
