package io.henge.bench.measure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Reads figures from the metrics pages of nodes. Thread-safe. */
public final class NodeMetrics {
  /** Processor time of the process so far, in seconds. */
  public static final String CPU_SECONDS = "henge_process_cpu_seconds";

  /** Memory of the process that is in RAM, in bytes, native memory included. */
  public static final String RESIDENT_BYTES = "henge_process_resident_bytes";

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final List<String> addresses;

  /**
   * @param addresses HTTP addresses of the nodes, as {@code host:port}
   */
  public NodeMetrics(List<String> addresses) {
    this.addresses = List.copyOf(addresses);
  }

  /** Sum of a figure over all nodes, or -1 if one of them does not tell. */
  public double sum(String metric) {
    List<Double> each = each(metric);
    return each.size() == addresses.size()
        ? each.stream().mapToDouble(Double::doubleValue).sum()
        : -1;
  }

  /** The figure of each node that tells it, in the order of addresses. */
  public List<Double> each(String metric) {
    List<Double> values = new ArrayList<>();
    for (String address : addresses) {
      read(address, metric).ifPresent(values::add);
    }
    return values;
  }

  private OptionalDouble read(String address, String metric) {
    try {
      HttpResponse<String> page =
          http.send(
              HttpRequest.newBuilder(URI.create("http://" + address + "/metrics"))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return page.body()
          .lines()
          .filter(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .findFirst();
    } catch (IOException e) {
      return OptionalDouble.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalDouble.empty();
    }
  }
}
