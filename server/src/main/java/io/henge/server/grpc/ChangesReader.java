package io.henge.server.grpc;

import io.henge.api.Limits;
import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.HengeException;
import io.henge.api.v1.ChangesRequest;
import io.henge.document.filter.Filter;
import io.henge.replication.statemachine.ChangeQuery;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.server.node.Catalogue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns requests for changes into queries; see {@link RequestReader}. */
final class ChangesReader {
  private static final int PAGE_CHANGES_DEFAULT = 1_000;
  private static final int PAGE_BYTES_MAX = 1 << 20;
  static final int WAIT_MILLIS_MAX = 10_000;

  private final Limits limits;

  ChangesReader(Limits limits) {
    this.limits = limits;
  }

  Parsed.Changes read(ChangesRequest request, Catalogue catalogue) {
    CollectionInfo collection =
        watched(request.getCollectionId(), request.getCollection(), catalogue);
    List<ChangePart> parts = parts(request);
    boolean now = request.getParts(0).getNow();
    Filter filter = request.getFilter().isEmpty() ? null : Filter.parse(request.getFilter());
    int id = collection.id();
    ChangeQuery query =
        new ChangeQuery(
            parts,
            now,
            id,
            limit(request.getLimit()),
            Math.min(PAGE_BYTES_MAX, limits.pageBytesMax()),
            () -> new WatchSieve(id, filter));
    return new Parsed.Changes(
        Parsed.Place.at(parts.get(0).start()),
        List.of(collection),
        query,
        waitMillis(request.getWaitMillis()),
        request.getDocumentForm());
  }

  /** A collection that keeps its changes. */
  static CollectionInfo watched(int id, String name, Catalogue catalogue) {
    CollectionInfo collection = RequestReader.collection(id, name, catalogue);
    CollectionInfo.Documents documents = collection.documents();
    if (documents == null) {
      throw HengeException.invalid(
          "collection "
              + collection.name()
              + " holds items, not documents; only changes of documents are kept");
    }
    if (documents.changes() == null) {
      throw UnknownCollectionException.withoutChanges(collection.name());
    }
    return collection;
  }

  private List<ChangePart> parts(ChangesRequest request) {
    int count = request.getPartsCount();
    if (count < 1 || count > ChangeToken.PARTS_MAX) {
      throw HengeException.invalid(
          "parts: 1 to " + ChangeToken.PARTS_MAX + " expected, found " + count);
    }
    List<ChangePart> parts = new ArrayList<>(count);
    ChangePart before = null;
    for (io.henge.api.v1.ChangePart wire : request.getPartsList()) {
      ChangePart part = part(wire, before);
      if (count > 1 && (part.isScan() || wire.getNow())) {
        throw HengeException.invalid(
            "parts: one without a position must be alone, found it among " + count);
      }
      parts.add(part);
      before = part;
    }
    return parts;
  }

  private ChangePart part(io.henge.api.v1.ChangePart wire, @Nullable ChangePart before) {
    // A boundary may be a key with one byte more, a position has a version before its key.
    int keyMax = limits.keyBytesMax() + 1;
    if (wire.getStart().size() > keyMax
        || wire.getEnd().size() > keyMax
        || wire.getFrom().size() > Long.BYTES + keyMax) {
      throw HengeException.invalid(
          "parts: start and end of at most "
              + keyMax
              + " bytes expected, and a position of at most 8 more");
    }
    ChangePart part =
        new ChangePart(
            wire.getStart().toByteArray(),
            wire.getEnd().toByteArray(),
            wire.getFrom().toByteArray());
    boolean hasVersion = part.isScan() || (part.from().length >= Long.BYTES && part.from()[0] >= 0);
    if (part.isEmpty() || !hasVersion || (wire.getNow() && !part.isScan())) {
      throw HengeException.invalid(
          "parts: a range of the ring expected, with the position of an earlier answer, or `now`,"
              + " or neither");
    }
    if (before != null
        && (before.end().length == 0 || !Arrays.equals(before.end(), part.start()))) {
      throw HengeException.invalid("parts: each must begin where the one before it ends");
    }
    return part;
  }

  private int limit(int limit) {
    if (limit < 0 || limit > limits.pageItemsMax()) {
      throw HengeException.invalid(
          "limit: at most "
              + limits.pageItemsMax()
              + " changes a page allowed, found "
              + Integer.toUnsignedString(limit));
    }
    return limit == 0 ? Math.min(PAGE_CHANGES_DEFAULT, limits.pageItemsMax()) : limit;
  }

  private static int waitMillis(int millis) {
    if (millis < 0 || millis > WAIT_MILLIS_MAX) {
      throw HengeException.invalid(
          "wait_millis: at most "
              + WAIT_MILLIS_MAX
              + " allowed, found "
              + Integer.toUnsignedString(millis));
    }
    return millis;
  }
}
