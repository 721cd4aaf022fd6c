package io.henge.client.internal;

import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.VerifyRequest;
import io.henge.api.v1.VerifyResponse;
import io.henge.client.Admin;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleConsumer;

/** Goes round the ring and verifies, page by page. */
final class Verify {
  private static final int SHOWN_MAX = 1000;
  private static final double RING = Math.pow(2, 64);

  private final Core core;
  private final Requests requests;

  Verify(Core core) {
    this.core = core;
    this.requests = new Requests(core, null);
  }

  Admin.Verification run(String collection, boolean repair, DoubleConsumer progress) {
    long documents = 0;
    long rows = 0;
    long skipped = 0;
    long differences = 0;
    long mended = 0;
    long copies = 0;
    long copiesMended = 0;
    long unasked = 0;
    List<Admin.Difference> first = new ArrayList<>();
    Map<Integer, Map<String, Long>> counts = new TreeMap<>(Integer::compareUnsigned);
    VerifyRequest.Builder request = VerifyRequest.newBuilder().setRepair(repair);
    do {
      VerifyResponse page =
          core.call(
              map -> requests.verify(map, collection, request),
              (call, response) -> response.getVerify());
      documents += page.getDocuments();
      rows += page.getRows();
      skipped += page.getSkipped();
      differences += page.getDifferencesCount();
      mended += page.getMended();
      copies += page.getCopies();
      copiesMended += page.getCopiesMended();
      unasked += page.getUnasked();
      page.getDifferencesList()
          .forEach(
              found ->
                  counts
                      .computeIfAbsent(found.getId(), id -> new TreeMap<>())
                      .merge(kind(found), 1L, Long::sum));
      page.getDifferencesList().stream()
          .limit(SHOWN_MAX - first.size())
          .forEach(found -> first.add(difference(found)));
      request.setCursor(page.getCursor()).setStage(page.getStage());
      progress.accept(share(request));
    } while (!request.getCursor().isEmpty() || !request.getStage().isEmpty());
    return new Admin.Verification(
        documents,
        rows,
        skipped,
        differences,
        first,
        mended,
        copies,
        copiesMended,
        unasked,
        listed(counts));
  }

  private static List<Admin.DifferenceCount> listed(Map<Integer, Map<String, Long>> counts) {
    List<Admin.DifferenceCount> listed = new ArrayList<>();
    counts.forEach(
        (id, kinds) ->
            kinds.forEach((kind, count) -> listed.add(new Admin.DifferenceCount(kind, id, count))));
    return listed;
  }

  private static String kind(io.henge.api.v1.Difference found) {
    return found
        .getKind()
        .name()
        .replace("DIFFERENCE_KIND_", "")
        .replace('_', ' ')
        .toLowerCase(Locale.ROOT);
  }

  /** Twice round the ring: the second time for copies. */
  private static double share(VerifyRequest.Builder next) {
    boolean second = !next.getStage().isEmpty();
    if (next.getCursor().isEmpty()) {
      return second ? 0.5 : 1;
    }
    long token = PhysicalKey.token(next.getCursor().toByteArray());
    double share = ((token >>> 1) * 2.0 + (token & 1)) / RING;
    return second ? 0.5 + share / 2 : share / 2;
  }

  private static Admin.Difference difference(io.henge.api.v1.Difference found) {
    return new Admin.Difference(
        kind(found),
        found.getId(),
        Messages.key(found.getShardingKey()),
        found.hasSortKey() ? Messages.key(found.getSortKey()) : Key.EMPTY);
  }
}
