package io.henge.server.grpc;

import io.henge.api.item.Value;
import io.henge.api.v1.Condition;
import io.henge.api.v1.Document;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.Patch;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.WriteRequest;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What takes too long for an event loop. JSON is parsed and printed at about 10 ns a byte, so what
 * is below {@link #BYTES} takes less than 0.1 ms, which is what handing it to another thread costs
 * on a busy machine; 1 MB takes 7 ms.
 */
final class Heavy {
  /** Characters of JSON, or bytes of a document's binary form. */
  static final int BYTES = 8 << 10;

  /** Messages and answers that wait for a thread; a stream has at most one message among them. */
  private static final int WAITING_MAX = 1_024;

  private Heavy() {}

  /**
   * Threads for it: as many as there are processors, gone when there is nothing to do. Bounded:
   * refuses what is too much.
   */
  static ThreadPoolExecutor threads(String node) {
    AtomicInteger count = new AtomicInteger();
    int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            task -> {
              Thread thread =
                  new Thread(task, "henge-json-" + node + "-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Whether taking this message means to parse much. */
  static boolean isHeavy(RequestBatch batch) {
    long bytes = 0;
    for (int i = 0; i < batch.getRequestsCount(); i++) {
      Request request = batch.getRequests(i);
      if (request.hasWrite()) {
        bytes += bytes(request.getWrite());
      }
    }
    return bytes >= BYTES;
  }

  /** Whether taking this request means to parse much. */
  static boolean isHeavy(Request request) {
    return request.hasWrite() && bytes(request.getWrite()) >= BYTES;
  }

  private static long bytes(WriteRequest write) {
    long bytes = 0;
    for (int i = 0; i < write.getMutationsCount(); i++) {
      Mutation mutation = write.getMutations(i);
      if (mutation.hasPatch()) {
        Patch patch = mutation.getPatch();
        bytes += patch.getJson().length() + patch.getMerge().length() + patch.getBinary().size();
        bytes += bytes(patch.getInitial());
      } else if (mutation.hasPut() && mutation.getPut().getValue().hasDocument()) {
        bytes += bytes(mutation.getPut().getValue().getDocument());
      }
      if (mutation.hasCondition()) {
        Condition condition = mutation.getCondition();
        bytes += condition.getFilter().length() + condition.getFilterBinary().size();
      }
    }
    return bytes;
  }

  private static int bytes(Document document) {
    return document.getJson().length() + document.getBinary().size();
  }

  /** Whether answering with these means to print much. */
  static boolean isHeavy(List<@Nullable StoredItem> items, DocumentForm form) {
    if (form == DocumentForm.DOCUMENT_FORM_BINARY) {
      return false;
    }
    long bytes = 0;
    for (int i = 0; i < items.size(); i++) {
      bytes += bytes(items.get(i));
    }
    return bytes >= BYTES;
  }

  /** The same of what a write gives back. */
  static boolean isHeavy(WriteOutcome outcome, DocumentForm form) {
    if (form == DocumentForm.DOCUMENT_FORM_BINARY) {
      return false;
    }
    long bytes = 0;
    for (int i = 0; i < outcome.results().size(); i++) {
      WriteOutcome.Result result = outcome.results().get(i);
      bytes += bytes(result.previous()) + bytes(result.current());
    }
    return bytes >= BYTES;
  }

  private static int bytes(@Nullable StoredItem item) {
    return item != null && item.value() instanceof Value.Document document
        ? document.bytes().length
        : 0;
  }
}
