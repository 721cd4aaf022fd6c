package io.henge.replication;

/**
 * A member of a group.
 *
 * @param nodeId incarnation id of the node: also its identity in the log
 * @param raftAddress where its replication port is now, as {@code host:port}; the current address
 *     comes from the {@link AddressBook}, this one is where it was when the member was added
 */
public record Member(String nodeId, String raftAddress) {}
