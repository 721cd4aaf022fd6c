package io.henge.replication.meta;

import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.v1.Documents;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.RequestId;

/** Commands for tests. */
final class MetaCommands {
  private MetaCommands() {}

  static RequestId id(long sequence) {
    return RequestId.newBuilder().setClientHigh(1).setClientLow(2).setSequence(sequence).build();
  }

  static MetaCommand form(RequestId id) {
    return MetaCommand.newBuilder()
        .setRequestId(id)
        .setFormCluster(
            FormCluster.newBuilder()
                .setClusterId("c1")
                .setShards(3)
                .setFirstNode(
                    NodeRecord.newBuilder()
                        .setNodeId("000000000000000a")
                        .setName("n1")
                        .setClientAddress("127.0.0.1:1")
                        .setRaftAddress("127.0.0.1:2")
                        .setFeatureLevel(1)))
        .build();
  }

  static MetaCommand documents(RequestId id, String name) {
    return MetaCommand.newBuilder()
        .setRequestId(id)
        .setCreateCollection(
            CreateCollection.newBuilder()
                .setName(name)
                .setDocuments(Documents.newBuilder().addShardPaths("a").addIdPaths("b")))
        .build();
  }

  static MetaCommand collection(RequestId id, String name) {
    return MetaCommand.newBuilder()
        .setRequestId(id)
        .setCreateCollection(CreateCollection.newBuilder().setName(name))
        .build();
  }
}
