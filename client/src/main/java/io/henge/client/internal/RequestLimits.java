package io.henge.client.internal;

import io.henge.api.Limits;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Refuses what a node would refuse, before it costs anything; each error says what to do. */
final class RequestLimits {
  /** Most items of a page. */
  static final int PAGE_ITEMS_MAX = Limits.DEFAULT.pageItemsMax();

  private static final int KEY_OVERHEAD = Long.BYTES + 1 + Integer.BYTES;
  private static final byte TEXT_PART = 0x03;

  private final Limits limits;

  RequestLimits(Limits limits) {
    this.limits = limits;
  }

  /** The time of a call in milliseconds, at least one. */
  long timeoutMillis(Duration given, Duration standard) {
    Duration timeout = given.isZero() ? standard : given;
    if (timeout.isNegative() || timeout.compareTo(longest()) > 0) {
      throw HengeException.invalid(
          "timeout: more than 0 and at most "
              + limits.timeoutMillisMax()
              + " ms allowed, found "
              + timeout.toMillis()
              + " ms; give a Duration in these bounds, or ZERO for the client's default");
    }
    return Math.max(1, timeout.toMillis());
  }

  private Duration longest() {
    return Duration.ofMillis(limits.timeoutMillisMax());
  }

  void shardingKey(Key key) {
    if (key.isEmpty()) {
      throw HengeException.invalid(
          "sharding key: at least one part is needed, found none; it decides where the item lives");
    }
    byte[] encoded = key.encoded();
    for (int i = 0; i + 1 < encoded.length; i++) {
      // An empty text begins and ends at once; the same bytes inside a part are told apart below.
      if (encoded[i] == TEXT_PART && encoded[i + 1] == 0 && key.parts().contains("")) {
        throw HengeException.invalid(
            "sharding key: a part is an empty text in "
                + key
                + "; leave the part out or give it a value");
      }
    }
  }

  void key(Key shardingKey, Key sortKey) {
    int bytes = KEY_OVERHEAD + shardingKey.encodedLength() + sortKey.encodedLength();
    if (bytes > limits.keyBytesMax()) {
      throw HengeException.invalid(
          "key: at most "
              + limits.keyBytesMax()
              + " bytes allowed for sharding key and sort key together with "
              + KEY_OVERHEAD
              + " bytes of overhead, found "
              + bytes
              + "; use shorter keys, and put long data into the value");
    }
  }

  void value(Value value) {
    size("value", value.size());
  }

  private void size(String field, int bytes) {
    if (bytes > limits.valueBytesMax()) {
      throw HengeException.invalid(
          field
              + ": at most "
              + limits.valueBytesMax()
              + " bytes allowed, found "
              + bytes
              + "; divide it into several items");
    }
  }

  void action(Action action) {
    if (action instanceof Action.Put put) {
      value(put.value());
      ttl(put.ttlMillis());
    } else if (action instanceof Action.Touch touch) {
      ttl(touch.ttlMillis());
    } else if (action instanceof Action.Append append) {
      size("bytes to append", append.bytes().length);
    } else if (action instanceof Action.Patch patch) {
      size("document to begin from", patch.initial().length);
      size("patch", patch.patch().length);
    }
  }

  void condition(Condition condition) {
    if (condition instanceof Condition.ValueIs valueIs) {
      size("value of the condition", valueIs.value().size());
    }
  }

  private static void ttl(long millis) {
    if (millis < Action.TTL_NEVER) {
      throw HengeException.invalid(
          "ttl: at least 1 ms expected, found "
              + millis
              + " ms; use neverExpires() for an item that stays");
    }
  }

  void batch(int mutations, long bytes) {
    if (mutations == 0) {
      throw HengeException.invalid("batch: at least one step is needed, found none");
    }
    if (mutations > limits.batchMutationsMax()) {
      throw HengeException.invalid(
          "batch: at most "
              + limits.batchMutationsMax()
              + " steps allowed, found "
              + mutations
              + "; divide it where it need not be atomic");
    }
    if (bytes > limits.batchBytesMax()) {
      throw HengeException.invalid(
          "batch: at most "
              + limits.batchBytesMax()
              + " bytes of keys and values allowed, found "
              + bytes
              + "; divide it where it need not be atomic");
    }
  }

  void items(List<Key> sortKeys) {
    if (sortKeys.size() > limits.pageItemsMax()) {
      throw HengeException.invalid(
          "sort keys: at most "
              + limits.pageItemsMax()
              + " in one read allowed, found "
              + sortKeys.size()
              + "; read them in several calls, or scan");
    }
  }

  void page(Key shardingKey, @Nullable Key from, @Nullable Key to, int limit) {
    if (limit < 0 || limit > limits.pageItemsMax()) {
      throw HengeException.invalid(
          "limit: 0 (the server's default) to "
              + limits.pageItemsMax()
              + " items allowed, found "
              + limit
              + "; go on with the cursor of the page");
    }
    key(shardingKey, from == null ? Key.EMPTY : from);
    key(shardingKey, to == null ? Key.EMPTY : to);
  }

  /** The longest physical key, in bytes. */
  int keyBytesMax() {
    return limits.keyBytesMax();
  }

  /** The longest time, in milliseconds, that a write may be valid for. */
  int notAfterMillisMax() {
    return limits.timeoutMillisMax();
  }
}
