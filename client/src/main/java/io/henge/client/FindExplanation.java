package io.henge.client;

/**
 * How the shard has read the first page of a find.
 *
 * @param plan for people: which index, by which conditions, or why none
 * @param index name of the index; empty = none
 * @param inOrder whether documents were read in the order asked for, so that nothing was sorted
 * @param indexRows rows of indexes that were looked at, with those counted for the choice
 * @param documents that were looked at
 * @param found how many of them are on the page
 */
public record FindExplanation(
    String plan, String index, boolean inOrder, long indexRows, long documents, int found) {}
