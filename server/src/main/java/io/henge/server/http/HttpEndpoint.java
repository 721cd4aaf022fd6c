package io.henge.server.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.server.node.Address;
import io.henge.server.node.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * The HTTP port: {@code /metrics}, {@code /healthz}, and {@code /checksum?shard=N}, which reads
 * everything that a replica holds: one at a time, others get 429.
 */
public final class HttpEndpoint implements AutoCloseable {
  private static final int WAITING_MAX = 64;

  private final HttpServer server;
  private final ExecutorService threads;
  private final Checksums checksums;

  private HttpEndpoint(HttpServer server, ExecutorService threads, Checksums checksums) {
    this.server = server;
    this.threads = threads;
    this.checksums = checksums;
  }

  /**
   * Opens the port.
   *
   * @param metrics what {@code /metrics} answers
   * @param digests of the replica of a shard; slow
   * @throws HengeException UNAVAILABLE if the port cannot be had
   */
  public static HttpEndpoint start(
      Address listen,
      String nodeName,
      Supplier<String> metrics,
      Supplier<Health> health,
      LongFunction<ShardStateMachine.Digest> digests) {
    HttpServer server;
    try {
      server = HttpServer.create(listen.resolve(), 16);
    } catch (IOException e) {
      throw new Ports.Taken("httpListen", listen, e);
    }
    // One thread, gone when nobody asks: scrapes are rare.
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING_MAX),
            task -> {
              Thread thread = new Thread(task, "henge-http-" + nodeName);
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    threads.allowCoreThreadTimeOut(true);
    server.setExecutor(threads);
    server.createContext(
        "/metrics",
        exchange ->
            answer(exchange, "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", metrics));
    server.createContext(
        "/healthz",
        exchange -> {
          Health now = health.get();
          answer(exchange, "/healthz", now.serving() ? 200 : 503, "application/json", now::toJson);
        });
    Checksums checksums = new Checksums(nodeName, digests);
    server.createContext(Checksums.PATH, checksums);
    server.start();
    return new HttpEndpoint(server, threads, checksums);
  }

  private static void answer(
      HttpExchange exchange, String path, int status, String type, Supplier<String> body)
      throws IOException {
    try (exchange) {
      boolean known = exchange.getRequestURI().getPath().equals(path);
      String method = exchange.getRequestMethod();
      boolean allowed = method.equals("GET") || method.equals("HEAD");
      String text =
          !known
              ? "not found: /metrics and /healthz are here\n"
              : allowed ? body.get() : "GET or HEAD expected, found " + method + "\n";
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", known && allowed ? type : "text/plain");
      exchange.getRequestBody().close();
      int code = !known ? 404 : allowed ? status : 405;
      if (method.equals("HEAD")) {
        exchange.sendResponseHeaders(code, -1);
        return;
      }
      exchange.sendResponseHeaders(code, bytes.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(bytes);
      }
    }
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    checksums.close();
  }
}
