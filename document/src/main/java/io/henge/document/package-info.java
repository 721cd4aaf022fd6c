/**
 * Documents: JSON values, paths, filters, patches. Pure functions; here are their limits and
 * budgets.
 */
@NullMarked
package io.henge.document;

import org.jspecify.annotations.NullMarked;
