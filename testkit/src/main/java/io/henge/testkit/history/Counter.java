package io.henge.testkit.history;

/** A key that is added to and read. 0 at first. */
public final class Counter implements Model<Long> {
  /** Output: the value. */
  public record Read() {
    @Override
    public String toString() {
      return "read";
    }
  }

  /** Output: the new value. */
  public record Add(long delta) {
    @Override
    public String toString() {
      return "add " + delta;
    }
  }

  @Override
  public Long initial() {
    return 0L;
  }

  @Override
  public Effect<Long> apply(Long state, Object input) {
    if (input instanceof Read) {
      return new Effect<>(state, state);
    } else if (input instanceof Add add) {
      return new Effect<>(state + add.delta, state + add.delta);
    }
    throw new IllegalArgumentException("not an operation of a counter: " + input);
  }

  @Override
  public boolean isRead(Object input) {
    return input instanceof Read;
  }
}
