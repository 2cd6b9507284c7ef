package dev.millrace.engine;

/**
 * How likely one label is.
 *
 * @param label the label's text
 * @param logprob ln p(label | prompt), the sum over the label's tokens; calibrated if the request asked for it
 * @param probability the softmax of the log-probabilities over all labels of the request
 */
public record LabelScore(String label, double logprob, double probability) {}
