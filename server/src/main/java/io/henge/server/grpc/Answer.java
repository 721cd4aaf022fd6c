package io.henge.server.grpc;

import io.henge.api.v1.Response;

/** Where the answer of a request goes. Any thread; never blocks, never throws. */
interface Answer {
  /** Takes the one answer of a request. */
  void answer(Response response);

  /** All that became known together has been answered: the moment to send. */
  void flush();
}
