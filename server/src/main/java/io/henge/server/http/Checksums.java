package io.henge.server.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.ShardStateMachine;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the digest of a replica, to compare it with those of others at the same index. Has a thread
 * of its own, for one request at a time: it may read for minutes, and health must not wait for it.
 */
final class Checksums implements HttpHandler, AutoCloseable {
  static final String PATH = "/checksum";

  private static final Logger LOG = LoggerFactory.getLogger(Checksums.class);
  private static final Pattern QUERY = Pattern.compile("shard=([0-9]{1,18})");

  private final LongFunction<ShardStateMachine.Digest> digests;
  private final ThreadPoolExecutor thread;

  Checksums(String nodeName, LongFunction<ShardStateMachine.Digest> digests) {
    this.digests = digests;
    this.thread =
        new ThreadPoolExecutor(
            0,
            1,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread created = new Thread(task, "henge-checksum-" + nodeName);
              created.setDaemon(true);
              return created;
            });
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getRawQuery();
    Matcher shard = QUERY.matcher(query == null ? "" : query);
    if (!exchange.getRequestMethod().equals("GET") || !shard.matches()) {
      answer(exchange, 400, "GET " + PATH + "?shard=N expected\n");
      return;
    }
    long id = Long.parseLong(shard.group(1));
    try {
      thread.execute(() -> compute(exchange, id));
    } catch (RejectedExecutionException e) {
      answer(exchange, 429, "another checksum is being computed: try again when it is done\n");
    }
  }

  private void compute(HttpExchange exchange, long shard) {
    try {
      ShardStateMachine.Digest digest = digests.apply(shard);
      answer(
          exchange,
          200,
          String.format(
              "{\"shard\":%d,\"term\":%d,\"index\":%d,\"checksum\":\"%016x\"}\n",
              shard, digest.position().term(), digest.position().index(), digest.checksum()));
    } catch (HengeException e) {
      failed(exchange, 404, e);
    } catch (IOException | RuntimeException e) {
      failed(exchange, 503, e);
    }
  }

  private static void failed(HttpExchange exchange, int status, Exception reason) {
    try {
      answer(exchange, status, reason.getMessage() + "\n");
    } catch (IOException e) {
      LOG.debug("whoever asked for a checksum has gone", e);
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange
          .getResponseHeaders()
          .set("Content-Type", status == 200 ? "application/json" : "text/plain");
      exchange.sendResponseHeaders(status, bytes.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(bytes);
      }
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
