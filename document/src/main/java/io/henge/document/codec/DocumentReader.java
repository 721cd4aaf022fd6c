package io.henge.document.codec;

import io.henge.document.Steps;
import io.henge.document.path.Path;
import io.henge.document.path.PathCost;
import io.henge.document.path.PathReader;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;

/**
 * Reads places of a document in its binary form, and decodes no more than what is asked for. Bytes
 * that cannot be read are CORRUPTION, when they are come across.
 *
 * <p>Keeps the array, which must not change. Safe for use by many threads.
 */
public final class DocumentReader implements PathReader {
  private final byte[] bytes;

  /**
   * @param bytes what {@link DocumentCodec#encode} made
   */
  public DocumentReader(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public boolean any(Path path, Steps steps, int types, Predicate<JsonValue> test) {
    Walk walk = new Walk(path.steps(), steps, types, test, false);
    return walk.from(DocumentCodec.open(bytes), 0);
  }

  @Override
  public boolean exists(Path path, Steps steps) {
    Walk walk = new Walk(path.steps(), steps, ALL_TYPES, value -> true, true);
    return walk.from(DocumentCodec.open(bytes), 0);
  }

  /** One way along a path. */
  private record Walk(
      List<PathStep> path, Steps steps, int types, Predicate<JsonValue> test, boolean existsOnly) {

    /** Follows the path from the value that the reader is at; leaves the reader anywhere. */
    private boolean from(ByteReader in, int done) {
      for (int i = done; i < path.size(); i++) {
        PathStep step = path.get(i);
        int tag = in.u8();
        if (step instanceof PathStep.Member member && tag == ValueCodec.OBJECT) {
          in.count(1);
          if (!toMember(in, member)) {
            return false;
          }
        } else if (step instanceof PathStep.Index index && tag == ValueCodec.ARRAY) {
          in.count(1);
          int count = in.count(1);
          steps.take(PathCost.index(index.index(), count));
          if (index.index() >= count) {
            return false;
          }
          for (int skipped = 0; skipped < index.index(); skipped++) {
            skip(in);
          }
        } else if (step instanceof PathStep.AnyElement && tag == ValueCodec.ARRAY) {
          in.count(1);
          return toAny(in, i + 1);
        } else {
          steps.take(PathCost.NOWHERE);
          return false;
        }
      }
      return leaf(in);
    }

    private boolean toMember(ByteReader in, PathStep.Member member) {
      int count = in.count(1);
      steps.take(PathCost.member(count));
      byte[] name = member.name().getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < count; i++) {
        if (in.nextBlockIs(name)) {
          return true;
        }
        skip(in);
      }
      return false;
    }

    private boolean toAny(ByteReader in, int done) {
      int count = in.count(1);
      steps.take(PathCost.ANY);
      for (int i = 0; i < count; i++) {
        steps.take(PathCost.ANY_ELEMENT);
        int element = in.position();
        if (from(in, done)) {
          return true;
        }
        in.seek(element);
        skip(in);
      }
      return false;
    }

    private boolean leaf(ByteReader in) {
      if (existsOnly) {
        return true;
      }
      int at = in.position();
      if ((types & type(in).bit()) == 0) {
        return false;
      }
      in.seek(at);
      JsonValue value = ValueCodec.read(in);
      steps.take(value.weight());
      return test.test(value);
    }

    private static JsonValue.Type type(ByteReader in) {
      int tag = in.u8();
      if (tag >= ValueCodec.SHORT_TEXT) {
        return tag >= ValueCodec.SMALL_NUMBER ? JsonValue.Type.NUMBER : JsonValue.Type.TEXT;
      }
      return switch (tag) {
        case ValueCodec.NULL -> JsonValue.Type.NULL;
        case ValueCodec.FALSE, ValueCodec.TRUE -> JsonValue.Type.BOOLEAN;
        case ValueCodec.WHOLE, ValueCodec.DECIMAL -> JsonValue.Type.NUMBER;
        case ValueCodec.TEXT -> JsonValue.Type.TEXT;
        case ValueCodec.ARRAY -> JsonValue.Type.ARRAY;
        case ValueCodec.OBJECT -> JsonValue.Type.OBJECT;
        default -> throw in.damaged("type " + tag);
      };
    }

    /** Goes behind the value that begins here. */
    private static void skip(ByteReader in) {
      int tag = in.u8();
      if (tag >= ValueCodec.SMALL_NUMBER) {
        return;
      }
      if (tag >= ValueCodec.SHORT_TEXT) {
        in.skip(tag & ValueCodec.SMALL_MAX);
        return;
      }
      switch (tag) {
        case ValueCodec.NULL, ValueCodec.FALSE, ValueCodec.TRUE -> {}
        case ValueCodec.WHOLE -> in.varint();
        case ValueCodec.DECIMAL -> {
          in.varint();
          in.skip(in.count(1));
        }
        case ValueCodec.TEXT, ValueCodec.ARRAY, ValueCodec.OBJECT -> in.skip(in.count(1));
        default -> throw in.damaged("type " + tag);
      }
    }
  }
}
