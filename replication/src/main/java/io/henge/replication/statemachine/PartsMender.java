package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.engine.KeySpace;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Applies REPAIR_PARTS: makes single rows and fields of large families right, by what is there when
 * the entry is applied. Rows and documents are written also where nothing seems wrong here: so what
 * was damaged on one replica only is equal on all thereafter. Of the applying thread.
 */
final class PartsMender {
  /** Most parts of an entry. Part of the format, as the limits below. */
  static final int PARTS_MAX = 256;

  /** An entry ends behind the part with which so many bytes have been read, about. */
  static final long BYTES_MAX = 4 << 20;

  private final Overlay overlay;
  private final Derivation derivation;
  private final Failure failure = new Failure();
  private long version;
  private long nowMillis;
  private long bytes;

  PartsMender(Overlay overlay, Derivation derivation) {
    this.overlay = overlay;
    this.derivation = derivation;
  }

  /**
   * Mends parts.
   *
   * @return how many of them are done: all before the first that is not in range, or too much
   */
  int apply(List<RepairPart> parts, ShardState before, long newNowMillis) {
    version = before.version();
    nowMillis = newNowMillis;
    bytes = 0;
    ShardDescription shard = before.shard();
    if (shard == null || before.reshaping().isFrozen()) {
      return 0;
    }
    DocumentRows given = new DocumentRows(before.catalogue(), before.derived(), id -> true);
    int done = 0;
    while (done < parts.size() && done < PARTS_MAX && bytes < BYTES_MAX) {
      RepairPart part = parts.get(done);
      byte[] key = part.key();
      if (!shard.contains(key)) {
        // Whoever has it now is to be asked.
        break;
      }
      done++;
      if (!DocumentRows.isKey(key)) {
        continue;
      }
      switch (part.kind()) {
        case DOCUMENT -> put(given, key);
        case ROW -> judge(given, key);
        case HOLDER -> refresh(key, before);
      }
    }
    return done;
  }

  /** The shard's version after the entry. */
  long version() {
    return version;
  }

  private byte @Nullable [] document(byte[] key) {
    StoredItem item = derivation.read(key);
    if (item == null || !(item.value() instanceof Value.Document document)) {
      return null;
    }
    bytes += document.size();
    return document.bytes();
  }

  private void put(DocumentRows given, byte[] key) {
    byte[] document = document(key);
    if (document != null) {
      given
          .of(key, document)
          .forEach(row -> derivation.rows().put(KeySpace.INDEX, row, Indexed.row()));
      derivation.rows().commit();
    }
  }

  private void judge(DocumentRows given, byte[] row) {
    if (!given.speaksOf(FamilyExpectation.idOf(row))) {
      return;
    }
    byte[] owner = given.owner(row);
    if (owner != null && given.gives(owner, document(owner), row)) {
      derivation.rows().put(KeySpace.INDEX, row, Indexed.row());
    } else {
      derivation.rows().delete(KeySpace.INDEX, row);
    }
    derivation.rows().commit();
  }

  /**
   * Makes a holder's fields what the rows say. Whatever follows from it has the same version, and
   * all holders that something may follow for are written: so replicas stay equal, too, where it is
   * only one of them that had something wrong.
   */
  private void refresh(byte[] key, ShardState before) {
    version = MutationEvaluator.nextVersion(version, nowMillis);
    long ofAll = version;
    derivation.sources().beginLearned();
    Set<byte[]> seen = new TreeSet<>(Arrays::compareUnsigned);
    if (!derivation.refresh(() -> ofAll, failure, () -> touch(key, before, seen))) {
      overlay.rollBack();
      derivation.rows().rollBack();
    }
    overlay.commit();
    derivation.rows().commit();
  }

  private void touch(byte[] key, ShardState before, Set<byte[]> seen) {
    byte[] document = seen.add(key) ? document(key) : null;
    if (document == null) {
      return;
    }
    derivation.set(key, DocumentCodec.decode(document));
    FamilyPlan plan = before.catalogue().families();
    int collectionId = PhysicalKey.collectionId(key);
    for (FamilyRule rule : plan.ofHolder(collectionId)) {
      bytes += (long) rule.last() * FamilyRule.MEMBER_BYTES_MAX;
    }
    for (FamilyRule rule : plan.ofSource(collectionId)) {
      byte[] holder =
          before.derived().isReady(rule.id())
              ? rule.holderOf(key, new DocumentReader(document))
              : null;
      if (holder != null) {
        touch(holder, before, seen);
      }
    }
  }
}
