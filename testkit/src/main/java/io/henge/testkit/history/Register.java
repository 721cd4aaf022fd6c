package io.henge.testkit.history;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A key that is read, written, removed, and compared and set. Absent at first. */
public final class Register implements Model<Register.State> {
  /** Output: the value, or null. */
  public record Read() {
    @Override
    public String toString() {
      return "read";
    }
  }

  /** Output: null. A null value removes the key. */
  public record Write(@Nullable String value) {
    @Override
    public String toString() {
      return "write " + value;
    }
  }

  /** Output: whether it took effect. */
  public record CompareAndSet(@Nullable String expected, String value) {
    @Override
    public String toString() {
      return "compare " + expected + " and set " + value;
    }
  }

  /** The value; null = absent. */
  public record State(@Nullable String value) {
    @Override
    public String toString() {
      return String.valueOf(value);
    }
  }

  @Override
  public State initial() {
    return new State(null);
  }

  @Override
  public Effect<State> apply(State state, Object input) {
    if (input instanceof Read) {
      return new Effect<>(state, state.value);
    } else if (input instanceof Write write) {
      return new Effect<>(new State(write.value), null);
    } else if (input instanceof CompareAndSet cas) {
      return Objects.equals(state.value, cas.expected)
          ? new Effect<>(new State(cas.value), true)
          : new Effect<>(state, false);
    }
    throw new IllegalArgumentException("not an operation of a register: " + input);
  }

  @Override
  public boolean isRead(Object input) {
    return input instanceof Read;
  }
}
