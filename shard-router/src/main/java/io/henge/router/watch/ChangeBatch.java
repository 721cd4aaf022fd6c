package io.henge.router.watch;

import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Change;
import io.henge.api.v1.ChangeKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Changes of a part of the ring that came together.
 *
 * @param changes in order; none if only the position has moved on
 * @param before where each of the parts was
 * @param after where they are behind all these changes
 */
public record ChangeBatch(List<Change> changes, List<ChangePart> before, List<ChangePart> after) {

  /**
   * Where the parts are behind some of the changes.
   *
   * @param count of the first ones; fewer than all
   */
  public List<ChangePart> partsBehind(int count) {
    if (count == 0) {
      return before;
    }
    if (count >= changes.size()) {
      return after;
    }
    Change last = changes.get(count - 1);
    byte[] key = PhysicalKey.of(key(last.getShardingKey()), last.getCollectionId(), sortKey(last));
    if (last.getKind() == ChangeKind.CHANGE_KIND_PRESENT) {
      return scannedUpTo(key);
    }
    byte[] position = ChangePart.behind(last.getVersion(), key);
    return before.stream().map(part -> part.advancedTo(position)).toList();
  }

  /** Up to a document: its part has been scanned, and changes from where the page was read. */
  private List<ChangePart> scannedUpTo(byte[] key) {
    byte[] next = Arrays.copyOf(key, key.length + 1);
    List<ChangePart> parts = new ArrayList<>();
    ChangePart scanned = after.get(0);
    ChangePart whole = before.get(0);
    parts.add(new ChangePart(scanned.start(), next, scanned.from()));
    ChangePart rest = ChangePart.scan(next, whole.end());
    if (!rest.isEmpty()) {
      parts.add(rest);
    }
    return parts;
  }

  /** The token behind some of the changes, if there was another one before them. */
  public ChangeToken tokenBehind(ChangeToken earlier, int count) {
    return earlier.with(partsBehind(count));
  }

  private static Key sortKey(Change change) {
    return change.hasSortKey() ? key(change.getSortKey()) : Key.EMPTY;
  }

  private static Key key(io.henge.api.v1.Key wire) {
    if (!wire.getEncoded().isEmpty()) {
      return Key.fromEncoded(wire.getEncoded().toByteArray());
    }
    Object[] parts = new Object[wire.getPartsCount()];
    for (int i = 0; i < parts.length; i++) {
      var part = wire.getParts(i);
      parts[i] =
          switch (part.getPartCase()) {
            case TEXT -> part.getText();
            case INTEGER -> (Object) part.getInteger();
            case REAL -> (Object) part.getReal();
            case BOOLEAN -> (Object) part.getBoolean();
            case BLOB -> part.getBlob().toByteArray();
            case PART_NOT_SET -> throw new IllegalArgumentException("a key part without a value");
          };
    }
    return Key.of(parts);
  }
}
