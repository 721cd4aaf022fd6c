package io.henge.server.node;

import io.henge.engine.ShardStore;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.ShardStateMachine;

/** A replica on this node, from within. */
public interface LocalShard {
  long id();

  ShardReplica replica();

  /** Its group, which runs. */
  ConsensusGroup consensus();

  ShardStateMachine machine();

  ShardStore store();

  /** Makes durable what has been applied. Blocks. */
  void flush();
}
