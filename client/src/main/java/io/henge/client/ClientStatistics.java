package io.henge.client;

/**
 * Counters since the client was opened.
 *
 * @param requests calls made by the application
 * @param attempts requests sent, retries included
 * @param messages messages sent; attempts / messages is the batching that was reached
 * @param bytesSent bytes of messages sent, as they are on the wire
 * @param bytesReceived bytes of messages received
 * @param mapVersion version of the shard map in use
 */
public record ClientStatistics(
    long requests,
    long attempts,
    long messages,
    long bytesSent,
    long bytesReceived,
    long mapVersion) {}
