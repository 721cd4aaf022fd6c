package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.document.codec.ByteReader;

/** Mutations inside a log entry. The codes are in logs: permanent. */
final class MutationCodec {
  /** Key's length, condition, action. */
  static final int BYTES_MIN = 3;

  private static final int DATA = 1;
  private static final int COUNTER = 2;
  private static final int DOCUMENT = 3;

  private static final int NO_CONDITION = 0;
  private static final int ABSENT = 1;
  private static final int PRESENT = 2;
  private static final int VERSION_IS = 3;
  private static final int VALUE_IS = 4;
  private static final int MATCHES = 5;

  private static final int PUT = 1;
  private static final int REMOVE = 2;
  private static final int ADD = 3;
  private static final int APPEND = 4;
  private static final int TOUCH = 5;
  private static final int CHECK = 6;
  private static final int PATCH = 7;
  private static final int RETURN_CURRENT = 0x40;
  private static final int RETURN_PREVIOUS = 0x80;
  private static final int RETURNS = RETURN_PREVIOUS | RETURN_CURRENT;

  private MutationCodec() {}

  static void write(ByteWriter out, Mutation mutation) {
    out.block(mutation.key());
    Condition condition = mutation.condition();
    Action action = mutation.action();
    out.u8(code(condition));
    out.u8(
        code(action)
            | (mutation.returnPrevious() ? RETURN_PREVIOUS : 0)
            | (mutation.returnCurrent() ? RETURN_CURRENT : 0));
    if (condition instanceof Condition.VersionIs is) {
      out.fixed64(is.version());
    } else if (condition instanceof Condition.ValueIs is) {
      writeValue(out, is.value());
    } else if (condition instanceof Condition.Matches matches) {
      out.block(matches.filter());
    }
    if (action instanceof Action.Put put) {
      writeValue(out, put.value());
      out.signed(put.ttlMillis());
    } else if (action instanceof Action.Add add) {
      out.signed(add.delta());
    } else if (action instanceof Action.Append append) {
      out.block(append.bytes());
    } else if (action instanceof Action.Touch touch) {
      out.signed(touch.ttlMillis());
    } else if (action instanceof Action.Patch patch) {
      out.block(patch.initial());
      out.block(patch.patch());
    }
  }

  static Mutation read(ByteReader in) {
    byte[] key = in.block();
    int condition = in.u8();
    int action = in.u8();
    return new Mutation(
        key,
        readCondition(in, condition),
        readAction(in, action & ~RETURNS),
        (action & RETURN_PREVIOUS) != 0,
        (action & RETURN_CURRENT) != 0);
  }

  /** Not less than the bytes that {@link #write} takes. */
  static long bytesMax(Mutation mutation) {
    long bytes = 5L + mutation.key().length + 2;
    if (mutation.condition() instanceof Condition.VersionIs) {
      bytes += Long.BYTES;
    } else if (mutation.condition() instanceof Condition.ValueIs is) {
      bytes += valueBytesMax(is.value());
    } else if (mutation.condition() instanceof Condition.Matches matches) {
      bytes += 5 + matches.filter().length;
    }
    if (mutation.action() instanceof Action.Put put) {
      return bytes + valueBytesMax(put.value()) + 10;
    } else if (mutation.action() instanceof Action.Append append) {
      return bytes + 5 + append.bytes().length;
    } else if (mutation.action() instanceof Action.Patch patch) {
      return bytes + 10 + patch.initial().length + patch.patch().length;
    }
    return bytes + 10;
  }

  private static long valueBytesMax(Value value) {
    return 11L + (value instanceof Value.Counter ? 0 : value.size());
  }

  private static int code(Condition condition) {
    if (condition instanceof Condition.Absent) {
      return ABSENT;
    } else if (condition instanceof Condition.Present) {
      return PRESENT;
    } else if (condition instanceof Condition.VersionIs) {
      return VERSION_IS;
    } else if (condition instanceof Condition.ValueIs) {
      return VALUE_IS;
    } else if (condition instanceof Condition.Matches) {
      return MATCHES;
    }
    return NO_CONDITION;
  }

  private static int code(Action action) {
    if (action instanceof Action.Put) {
      return PUT;
    } else if (action instanceof Action.Remove) {
      return REMOVE;
    } else if (action instanceof Action.Add) {
      return ADD;
    } else if (action instanceof Action.Append) {
      return APPEND;
    } else if (action instanceof Action.Touch) {
      return TOUCH;
    } else if (action instanceof Action.Patch) {
      return PATCH;
    }
    return CHECK;
  }

  private static Condition readCondition(ByteReader in, int code) {
    return switch (code) {
      case NO_CONDITION -> Condition.none();
      case ABSENT -> Condition.absent();
      case PRESENT -> Condition.present();
      case VERSION_IS -> new Condition.VersionIs(in.fixed64());
      case VALUE_IS -> new Condition.ValueIs(readValue(in));
      case MATCHES -> new Condition.Matches(in.block());
      default -> throw in.damaged("condition code " + code);
    };
  }

  private static Action readAction(ByteReader in, int code) {
    return switch (code) {
      case PUT -> new Action.Put(readValue(in), in.signed());
      case REMOVE -> Action.Remove.REMOVE;
      case ADD -> new Action.Add(in.signed());
      case APPEND -> new Action.Append(in.block());
      case TOUCH -> new Action.Touch(in.signed());
      case CHECK -> Action.Check.CHECK;
      case PATCH -> new Action.Patch(in.block(), in.block());
      default -> throw in.damaged("action code " + code);
    };
  }

  private static void writeValue(ByteWriter out, Value value) {
    if (value instanceof Value.Data data) {
      out.u8(DATA);
      out.block(data.bytes());
    } else if (value instanceof Value.Counter counter) {
      out.u8(COUNTER);
      out.signed(counter.value());
    } else if (value instanceof Value.Document document) {
      out.u8(DOCUMENT);
      out.block(document.bytes());
    }
  }

  private static Value readValue(ByteReader in) {
    int type = in.u8();
    return switch (type) {
      case DATA -> new Value.Data(in.block());
      case COUNTER -> new Value.Counter(in.signed());
      case DOCUMENT -> new Value.Document(in.block());
      default -> throw in.damaged("value type " + type);
    };
  }
}
