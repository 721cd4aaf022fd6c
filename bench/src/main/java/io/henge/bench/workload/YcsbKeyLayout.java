package io.henge.bench.workload;

import io.henge.api.key.Key;
import org.jspecify.annotations.Nullable;

/**
 * Where a YCSB record lies: the sharding key is a prefix of the YCSB key ("user" and three digits:
 * about a thousand of them), the sort key is the rest. So a scan is a range read of one sharding
 * key, which goes on into the next prefix. A key shorter than a prefix is a sharding key of its
 * own.
 *
 * <p>Prefixes are visited in the order of the keys they hold: user1 &lt; user10 &lt; user100 &lt;
 * user101.
 */
public final class YcsbKeyLayout {
  private static final String NAME = "user";
  private static final int DIGITS = 3;
  private static final int PREFIX_LENGTH = NAME.length() + DIGITS;

  private YcsbKeyLayout() {}

  /** The prefix of a key. */
  public static String prefix(String ycsbKey) {
    return ycsbKey.length() <= PREFIX_LENGTH ? ycsbKey : ycsbKey.substring(0, PREFIX_LENGTH);
  }

  public static Key shardingKey(String ycsbKey) {
    return Key.of(prefix(ycsbKey));
  }

  public static Key sortKey(String ycsbKey) {
    return ycsbKey.length() <= PREFIX_LENGTH ? Key.EMPTY : Key.of(ycsbKey.substring(PREFIX_LENGTH));
  }

  /** The prefix after this one, or null after the last. */
  public static @Nullable String next(String prefix) {
    if (!prefix.startsWith(NAME)) {
      return null;
    }
    StringBuilder digits = new StringBuilder(prefix.substring(NAME.length()));
    if (digits.length() < DIGITS) {
      return NAME + digits.append('0');
    }
    while (digits.length() > 0 && digits.charAt(digits.length() - 1) == '9') {
      digits.setLength(digits.length() - 1);
    }
    if (digits.length() == 0) {
      return null;
    }
    int last = digits.length() - 1;
    digits.setCharAt(last, (char) (digits.charAt(last) + 1));
    return NAME + digits;
  }
}
