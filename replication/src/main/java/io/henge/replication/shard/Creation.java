package io.henge.replication.shard;

import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.ShardDescription;
import java.util.List;

/** What a new shard begins with; its first leader writes it into the log. */
public record Creation(ShardDescription shard, List<CollectionInfo> collections) {}
