/**
 * The storage engine on RocksDB; the only place that knows RocksDB's types.
 *
 * <p>A native object that is used after it was closed takes the process down, so each has exactly
 * one owner: the engine owns what stores share, a store its database, a view its snapshot, a cursor
 * its iterator. Owners close what they own in reverse order, and a store waits at its {@link
 * io.henge.engine.UseGate} until every view and cursor is closed. {@link
 * io.henge.engine.rocksdb.NativeLeaks} counts them, for tests.
 */
@NullMarked
package io.henge.engine.rocksdb;

import org.jspecify.annotations.NullMarked;
