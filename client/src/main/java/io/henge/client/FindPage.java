package io.henge.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a find. It may hold fewer documents than asked for, even none, although there are more:
 * a page looks at a bounded number of them.
 *
 * @param cursor where to go on with {@link FindOptions#after}; null if this was the last page
 */
public record FindPage<T>(List<Stored<T>> documents, byte @Nullable [] cursor) {}
