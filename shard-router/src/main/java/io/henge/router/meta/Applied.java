package io.henge.router.meta;

import io.henge.api.internal.v1.MetaResult;
import java.util.List;

/**
 * The effect of a command.
 *
 * @param state the state after it
 * @param result what to answer
 * @param rows rows to store, in one batch; empty if the command is one that was answered before
 */
public record Applied(MetaState state, MetaResult result, List<MetaRow> rows) {}
