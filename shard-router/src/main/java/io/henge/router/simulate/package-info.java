/**
 * Lets the planner of {@link io.henge.router.plan} work on clusters that are not there: generated
 * or described ones, to which something happens. Pure: time is simulated, and chance comes from a
 * seed.
 */
@NullMarked
package io.henge.router.simulate;

import org.jspecify.annotations.NullMarked;
