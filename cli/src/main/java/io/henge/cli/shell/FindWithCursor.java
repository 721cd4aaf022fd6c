package io.henge.cli.shell;

import io.henge.api.key.Key;
import io.henge.client.DocumentCollection;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.value.JsonObject;
import java.util.Base64;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * What a find within a sharding key finds, as many documents as were asked for, and then where to
 * go on: whether there is one more is looked up when it is asked, and does not move the cursor.
 */
final class FindWithCursor implements Iterator<Stored<JsonObject>> {
  private final DocumentCollection<JsonObject> collection;
  private final Key shardingKey;
  private final FindOptions find;
  private final ReadOptions options;
  private Iterator<Stored<JsonObject>> page = Collections.emptyIterator();
  private byte @Nullable [] next;
  private boolean begun;
  private int left;

  FindWithCursor(
      DocumentCollection<JsonObject> collection,
      Key shardingKey,
      FindOptions find,
      ReadOptions options) {
    this.collection = collection;
    this.shardingKey = shardingKey;
    this.find = find;
    this.options = options;
    this.next = find.cursor();
    this.left = find.limit();
  }

  /** Whether there is another one, also beyond the limit. */
  @Override
  public boolean hasNext() {
    if (left == 0) {
      return isMore();
    }
    while (!page.hasNext() && (!begun || next != null)) {
      FindPage<JsonObject> fetched =
          collection.findPage(shardingKey, find.limit(left).after(next), options);
      begun = true;
      page = fetched.documents().iterator();
      next = fetched.cursor();
    }
    return page.hasNext();
  }

  private boolean isMore() {
    byte[] place = next;
    while (place != null) {
      FindPage<JsonObject> one =
          collection.findPage(shardingKey, find.limit(1).after(place), options);
      if (!one.documents().isEmpty()) {
        return true;
      }
      place = one.cursor();
    }
    return false;
  }

  @Override
  public Stored<JsonObject> next() {
    if (left == 0 || !hasNext()) {
      throw new NoSuchElementException("as many documents as were asked for have been taken");
    }
    left--;
    return page.next();
  }

  /** Where another find goes on; empty if there is nothing more. */
  String cursor() {
    return next == null ? "" : Base64.getUrlEncoder().withoutPadding().encodeToString(next);
  }
}
