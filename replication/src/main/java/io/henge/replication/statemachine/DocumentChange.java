package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A document that a command, or the sweep of what has expired, has changed: as it was before, and
 * as it is now. If a step of {@link Derivation} sets the document again, "now" follows. Decoded on
 * demand, once. Of the applying thread, until the command is over.
 */
final class DocumentChange {
  private final Overlay.Cell cell;
  private final Catalogue.Collection collection;
  private @Nullable JsonObject before;
  private @Nullable JsonObject after;

  /** What {@link #after} was decoded from, by identity. */
  private @Nullable Value afterOf;

  DocumentChange(Overlay.Cell cell, Catalogue.Collection collection) {
    this.cell = cell;
    this.collection = collection;
  }

  /** Physical key. */
  byte[] key() {
    return cell.key();
  }

  Catalogue.Collection collection() {
    return collection;
  }

  /** Whether there was a document before. */
  boolean existed() {
    return cell.existed();
  }

  /** Whether there is one now. */
  boolean exists() {
    return cell.present();
  }

  /** Version of the document now; 0 = there is none. */
  long version() {
    return cell.version();
  }

  /** Version of the document before; 0 = there was none. */
  long versionBefore() {
    return cell.versionBefore();
  }

  /** When the document before was to expire; 0 = never. */
  long expiresAtMillisBefore() {
    return cell.expiresAtMillisBefore();
  }

  /** When the document expires now; 0 = never. */
  long expiresAtMillis() {
    return cell.expiresAtMillis();
  }

  /** Binary form of the document before; null if there was none. Must not be changed. */
  byte @Nullable [] beforeBytes() {
    return cell.existed() ? ((Value.Document) cell.valueBefore()).bytes() : null;
  }

  /** Binary form of the document now; null if there is none. Must not be changed. */
  byte @Nullable [] afterBytes() {
    return cell.present() ? ((Value.Document) cell.value()).bytes() : null;
  }

  /** The document before; null if there was none. */
  @Nullable JsonObject before() {
    byte[] bytes = before == null ? beforeBytes() : null;
    if (bytes != null) {
      before = DocumentCodec.decode(bytes);
    }
    return before;
  }

  /** The document now; null if there is none. */
  @SuppressWarnings("ReferenceEquality") // values do not change: another one is another array
  @Nullable JsonObject after() {
    if (!cell.present()) {
      return null;
    }
    Value value = cell.value();
    if (afterOf != value) {
      after = DocumentCodec.decode(((Value.Document) value).bytes());
      afterOf = value;
    }
    return after;
  }

  /** Reads places of the document before without decoding the rest; null if there was none. */
  @Nullable PathReader readerBefore() {
    byte[] bytes = beforeBytes();
    return bytes == null ? null : new DocumentReader(bytes);
  }

  /** Reads places of the document now without decoding the rest; null if there is none. */
  @Nullable PathReader readerAfter() {
    byte[] bytes = afterBytes();
    return bytes == null ? null : new DocumentReader(bytes);
  }
}
